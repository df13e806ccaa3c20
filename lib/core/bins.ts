/** The bins of an exact weighted sum (core/kernels/fold.h says how it works), which take vectors four at a time. */
import { RefusedError } from '../refused';
import { aligned, type Core } from './wasm';

/** Greatest |weight * number| that the grid takes, and of the sum of these bounds over all vectors. */
const MOST_TERM = 2 ** 40;
const MOST_SUM = 2 ** 51;
/** Vectors after which the bins must be settled. */
const TERMS = 2048;
const WAITING = 4;

export const INFINITY_BITS = 0x7f800000;

export interface Bins {
  /** Copies a vector, or a part of one, into the core; gives its address. It counts from add() on. */
  put(part: Float32Array): number;
  /** The greatest magnitude of the first `length` numbers of what was put last. RefusedError 'not-finite'. */
  greatest(length: number): number;
  /**
   * Adds weight * what was put last, of which no number is larger than `size`. RefusedError 'not-finite' for a weight that is no
   * number, 'overflow' when a term or the sum could leave the grid; nothing is added then.
   */
  add(weight: number, size: number): void;
  /** The first numbers of sum / divisor, rounded to float64 and then to float32: a view, good until the next put(). */
  mean(length: number, divisor: number): Float32Array;
  clear(): void;
}

/** Memory of the bins: 32 bytes a number. */
export const binsBytes = (numbers: number): number =>
  aligned(WAITING * 8) + aligned(numbers * 4) * WAITING + aligned(numbers * 4) * 4;

/** `at`: where they lie, a multiple of 16; cleared. Good as long as nobody makes the memory of the core grow. */
export function createBins(core: Core, at: number, numbers: number): Bins {
  const { exports: wasm } = core;
  const even = Math.ceil(numbers / 4) * 4;
  const slotsAt = aligned(at + WAITING * 8);
  const binsAt = slotsAt + WAITING * even * 4;
  const weights = core.float64(at, WAITING);
  const slots = core.float32(slotsAt, WAITING * even);
  const sums = core.bytes(binsAt, even * 16);
  const magnitude = new Float32Array(1);
  const magnitudeBits = new Uint32Array(magnitude.buffer);
  let waiting = 0;
  let terms = 0;
  let bound = 0;

  const flush = (): void => {
    if (waiting === WAITING) wasm.fold_add4(binsAt, slotsAt, even, even, at);
    else for (let i = 0; i < waiting; i++) wasm.fold_add(binsAt, slotsAt + i * even * 4, even, weights[i]);
    terms += waiting;
    waiting = 0;
  };
  const settle = (): void => {
    wasm.fold_settle(binsAt, even, terms);
    terms = 0;
  };
  const greatestAt = (address: number, length: number): number => {
    magnitudeBits[0] = wasm.greatest_bits(address, length);
    return magnitudeBits[0] < INFINITY_BITS ? magnitude[0] : Number.POSITIVE_INFINITY;
  };
  const clear = (): void => {
    sums.fill(0);
    waiting = 0;
    terms = 0;
    bound = 0;
  };
  slots.fill(0);
  clear();

  return {
    put(part) {
      slots.set(part, waiting * even);
      return slotsAt + waiting * even * 4;
    },
    greatest(length) {
      const size = greatestAt(slotsAt + waiting * even * 4, length);
      if (size < Infinity) return size;
      throw new RefusedError('not-finite', 'The update holds numbers that are not finite: it is left out.');
    },
    add(weight, size) {
      if (!Number.isFinite(weight)) throw new RefusedError('not-finite', 'The weight of an update must be a number.');
      const most = Math.abs(weight) * size;
      if (!(most <= MOST_TERM && bound + most < MOST_SUM)) {
        throw new RefusedError('overflow', 'The update is too large to be summed exactly: it is left out.');
      }
      weights[waiting++] = weight;
      bound += most;
      if (waiting < WAITING) return;
      flush();
      if (terms + WAITING > TERMS) settle();
    },
    mean(length, divisor) {
      if (!Number.isFinite(divisor) || divisor === 0) throw new RangeError(`A sum cannot be divided by ${divisor}`);
      flush();
      settle();
      wasm.fold_mean(binsAt, length, divisor, slotsAt);
      if (greatestAt(slotsAt, length) < Infinity) return slots.subarray(0, length);
      throw new RefusedError('overflow', 'The mean of the updates is too large.');
    },
    clear,
  };
}
