/** The exact weighted sum of many vectors (core/kernels/fold.h says how), taken four at a time. */
import { RefusedError } from '../refused';
import type { Fold } from './kernels';
import { aligned, createCore } from './wasm';

/** Greatest |weight * number| that the grid takes, and of the sum of these bounds over all vectors. */
const MOST_TERM = 2 ** 40;
const MOST_SUM = 2 ** 51;
/** Vectors after which the bins must be settled. */
const TERMS = 2048;
const WAITING = 4;

export const INFINITY_BITS = 0x7f800000;

/** A fold has an instance of its own, whose memory is 32 bytes a number. */
export function createFold(length: number): Fold {
  if (!Number.isInteger(length) || length < 1)
    throw new RangeError(`A fold needs a length of at least 1, not ${length}`);
  const core = createCore();
  const { exports: wasm } = core;
  const even = Math.ceil(length / 4) * 4;
  const weightsAt = core.base;
  const slotsAt = weightsAt + WAITING * 8;
  const binsAt = aligned(slotsAt + WAITING * even * 4);
  core.reserve(binsAt + even * 16 - core.base);
  const slots = core.float32(slotsAt, WAITING * even);
  const weights = core.float64(weightsAt, WAITING);
  const magnitude = new Float32Array(1);
  const magnitudeBits = new Uint32Array(magnitude.buffer);
  let waiting = 0;
  let terms = 0;
  let bound = 0;

  const flush = (): void => {
    if (waiting === WAITING) wasm.fold_add4(binsAt, slotsAt, even, even, weightsAt);
    else for (let i = 0; i < waiting; i++) wasm.fold_add(binsAt, slotsAt + i * even * 4, even, weights[i]);
    terms += waiting;
    waiting = 0;
  };
  const settle = (): void => {
    wasm.fold_settle(binsAt, even, terms);
    terms = 0;
  };

  return {
    add(vector, weight) {
      if (vector.length !== length) {
        throw new RangeError(`The fold is of ${length} numbers, the vector has ${vector.length}`);
      }
      if (!Number.isFinite(weight)) throw new RefusedError('not-finite', 'The weight of an update must be a number.');
      slots.set(vector, waiting * even);
      magnitudeBits[0] = wasm.greatest_bits(slotsAt + waiting * even * 4, length);
      if (magnitudeBits[0] >= INFINITY_BITS) {
        throw new RefusedError('not-finite', 'The update holds numbers that are not finite: it is left out.');
      }
      const most = Math.abs(weight) * magnitude[0];
      if (most > MOST_TERM || bound + most >= MOST_SUM) {
        throw new RefusedError('overflow', 'The update is too large to be summed exactly: it is left out.');
      }
      weights[waiting++] = weight;
      bound += most;
      if (waiting === WAITING) {
        flush();
        if (terms + WAITING > TERMS) settle();
      }
    },
    mean(divisor) {
      if (!Number.isFinite(divisor) || divisor === 0) throw new RangeError(`A sum cannot be divided by ${divisor}`);
      flush();
      settle();
      wasm.fold_mean(binsAt, length, divisor, slotsAt);
      magnitudeBits[0] = wasm.greatest_bits(slotsAt, length);
      if (magnitudeBits[0] >= INFINITY_BITS)
        throw new RefusedError('overflow', 'The mean of the updates is too large.');
      return slots.slice(0, length);
    },
    reset() {
      core.bytes(binsAt, even * 16).fill(0);
      waiting = 0;
      terms = 0;
      bound = 0;
    },
  };
}
