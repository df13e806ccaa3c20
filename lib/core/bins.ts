/**
 * The bins of an exact weighted sum (core/kernels/fold.h says how it works). Vectors come through a slot, whole or piece by piece:
 * a piece is checked and added while it is in the first cache.
 */
import { RefusedError } from '../refused';
import { aligned, type Core } from './wasm';

/** Greatest |weight * number| that the grid takes, and of the sum of these bounds over all vectors. */
const MOST_TERM = 2 ** 40;
const MOST_SUM = 2 ** 51;
/** Terms of each number after which the bins must be settled. */
const TERMS = 2048;

export const INFINITY_BITS = 0x7f800000;

export interface Bins {
  /** Copies numbers into the slot; gives its address. */
  put(part: Float32Array): number;
  /** The greatest magnitude of the first `length` numbers in the slot. RefusedError 'not-finite'. */
  greatest(length: number): number;
  /**
   * Whether a term of weight * numbers of magnitude `size` at most has room. RefusedError 'not-finite' for a weight that is no number,
   * 'overflow' when the term or the sum could leave the grid.
   */
  check(weight: number, size: number): void;
  /** Adds weight * the first `length` numbers in the slot to the sums from `from` on, an even one. */
  add(weight: number, from: number, length: number): void;
  /** Each number of the sum has had one more term, of magnitude `most` at most. */
  counted(most: number): void;
  /** sum / divisor, rounded to float64 and then to float32. The slot is used. */
  mean(divisor: number): Float32Array;
  clear(): void;
}

/** Memory for so many sums, 16 bytes each, and a slot for so many numbers. */
export const binsBytes = (numbers: number, slot: number): number => aligned(slot * 4) + aligned(numbers * 4) * 4;

/** `at`: where they lie, a multiple of 16; cleared. Good as long as nobody makes the memory of the core grow. */
export function createBins(core: Core, at: number, numbers: number, slotNumbers: number): Bins {
  const { exports: wasm } = core;
  const binsAt = at + aligned(slotNumbers * 4);
  const slot = core.float32(at, Math.ceil(slotNumbers / 4) * 4);
  const sums = core.bytes(binsAt, aligned(numbers * 4) * 4);
  const magnitude = new Float32Array(1);
  const magnitudeBits = new Uint32Array(magnitude.buffer);
  let terms = 0;
  let bound = 0;

  const settle = (): void => {
    wasm.fold_settle(binsAt, Math.ceil(numbers / 2) * 2, terms);
    terms = 0;
  };
  const greatest = (length: number): number => {
    magnitudeBits[0] = wasm.greatest_bits(at, length);
    return magnitudeBits[0] < INFINITY_BITS ? magnitude[0] : Number.POSITIVE_INFINITY;
  };
  const clear = (): void => {
    sums.fill(0);
    terms = 0;
    bound = 0;
  };
  slot.fill(0);
  clear();

  return {
    put(part) {
      slot.set(part);
      return at;
    },
    greatest(length) {
      const size = greatest(length);
      if (size < Infinity) return size;
      throw new RefusedError('not-finite', 'The update holds numbers that are not finite: it is left out.');
    },
    check(weight, size) {
      if (!Number.isFinite(weight)) throw new RefusedError('not-finite', 'The weight of an update must be a number.');
      const most = Math.abs(weight) * size;
      if (most <= MOST_TERM && bound + most < MOST_SUM) return;
      throw new RefusedError('overflow', 'The update is too large to be summed exactly: it is left out.');
    },
    add(weight, from, length) {
      // Four go at a time: what lies behind the last goes to sums that nobody reads.
      wasm.fold_add(binsAt + from * 16, at, Math.ceil(length / 4) * 4, weight);
    },
    counted(most) {
      bound += most;
      terms++;
      if (terms === TERMS) settle();
    },
    mean(divisor) {
      if (!Number.isFinite(divisor) || divisor === 0) throw new RangeError(`A sum cannot be divided by ${divisor}`);
      settle();
      const result = new Float32Array(numbers);
      for (let from = 0; from < numbers; from += slotNumbers) {
        const used = Math.min(slotNumbers, numbers - from);
        wasm.fold_mean(binsAt + from * 16, used, divisor, at);
        if (!(greatest(used) < Infinity)) throw new RefusedError('overflow', 'The mean of the updates is too large.');
        result.set(slot.subarray(0, used), from);
      }
      return result;
    },
    clear,
  };
}
