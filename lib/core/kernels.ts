/** Vector kernels of core.wasm, for one thread. Vectors are float32, sums float64. */
export interface Fold {
  /** Adds weight * vector. The sum does not depend on the order of the calls: it is exact. Throws RangeError on another length. */
  add(vector: Float32Array, weight: number): void;
  /** sum / divisor: the sum and the quotient are rounded to float64, the result to float32. */
  mean(divisor: number): Float32Array;
  reset(): void;
}

/** `size` numbers, a power of two from 8 to 4096, each to one of 2^bits ascending `levels`, 16 at most. */
export interface RotatedBlock {
  size: number;
  bits: number;
  levels: Float32Array;
  /** Of the signs of the randomised Hadamard transform; absent: the numbers stay as they are. */
  seed?: number;
}

export interface Kernels {
  fold(length: number): Fold;
  /**
   * sum of weights[i] * vectors[i], exact, over `divisor`: the bits that a fold of the same terms gives, in less time where
   * all vectors are there. `norms`: theirs, if they are known: then they bound the sum, and nobody need look for the largest
   * numbers. RangeError when lengths differ; RefusedError 'not-finite', 'overflow' as a fold.
   */
  weightedSum(
    vectors: readonly Float32Array[],
    weights: ArrayLike<number>,
    divisor: number,
    norms?: ArrayLike<number>,
  ): Float32Array;
  /**
   * As weightedSum, of weights that come from the vectors themselves: weigh() gets the dot product of each with the direction
   * and its norm, in their order, divisor() is asked at the end; neither may use these kernels. `norms`: theirs, if known.
   */
  sumAlong(parts: {
    direction: Float32Array;
    vectors: readonly Float32Array[];
    norms?: ArrayLike<number>;
    weigh(dot: number, norm: number, index: number): number;
    divisor(): number;
  }): Float32Array;
  /** Euclidean norm with float64 accumulation. NaN or infinity in the vector gives NaN or infinity. */
  norm(vector: Float32Array): number;
  dot(left: Float32Array, right: Float32Array): number;
  /** In place: vector *= min(1, bound / norm). Returns the norm before. A zero vector stays; throws RangeError when not finite. */
  clip(vector: Float32Array, bound: number): number;
  allFinite(vector: Float32Array): boolean;
  /** n x n, row major, by direct float64 differences (never by the Gram matrix). */
  squaredDistances(vectors: readonly Float32Array[]): Float64Array;
  /** Euclidean distance of each vector to the point, by direct float64 differences. */
  distancesTo(point: Float32Array, vectors: readonly Float32Array[]): Float64Array;
  /** Of each coordinate over all vectors (finite, at most 8192): the middle number, or the mean of both middle ones. */
  medians(vectors: readonly Float32Array[]): Float32Array;
  /**
   * Of each coordinate the mean without its `cut` least and `cut` greatest numbers: the sum is exact, and the mean the same
   * in whatever order the vectors are. RangeError unless 0 <= 2 cut < n; RefusedError 'overflow' above 2^40.
   */
  trimmedMeans(vectors: readonly Float32Array[], cut: number): Float32Array;
  /**
   * Of each coordinate the mean of the `near` numbers that are nearest to its median. Where there is no room for all of those
   * that are equally far (to 2^-47 of the distance), each of them counts by the same share. Errors as trimmedMeans.
   */
  meansNearMedian(vectors: readonly Float32Array[], near: number): Float32Array;
  /**
   * Where the `k` numbers of the greatest magnitude lie, ascending; of equal ones the first, and never a zero, so that there may
   * be fewer. The vector must be finite. RangeError unless 1 <= k <= length.
   */
  greatest(vector: Float32Array, k: number): Uint32Array;
  /** Where the magnitudes lie that are not below `bound` > 0, ascending. The vector must be finite. */
  notBelow(vector: Float32Array, bound: number): Uint32Array;
  /** `k` of the numbers from 0 to `length` - 1 by lot, ascending; for the same seed the same. RangeError unless 0 <= k <= length. */
  draw(length: number, k: number, seed: number): Uint32Array;
  /** CRC-32 (IEEE 802.3, as zlib's). `seed`: the CRC of what came before. */
  crc32(bytes: Uint8Array, seed?: number): number;
  /**
   * Least and greatest number of each channel, as [low0, high0, low1, high1, ...]. Number i belongs to channel
   * i % channels (1 channel: the whole tensor), as the output channels of Keras kernels do.
   */
  ranges(values: Float32Array, channels: number): Float32Array;
  /**
   * code = clamp(round((value - zeros[c]) / scales[c]), 0, 2^bits - 1) with c = i % scales.length, packed without gaps:
   * code i takes the bits from i * bits on, least significant bit first. Gives ceil(length * bits / 8) bytes; the spare
   * bits are 0. A scale of 0 gives code 0. Without `seed` rounds to nearest (ties to even); with it up or down at
   * random, so that the expected value is the number itself. bits 1 to 16.
   */
  packBits(values: Float32Array, bits: number, scales: Float32Array, zeros: Float32Array, seed?: number): Uint8Array;
  /** value = zeros[c] + code * scales[c]. RangeError unless `bytes` is exactly ceil(length * bits / 8) long. */
  unpackBits(bytes: Uint8Array, length: number, bits: number, scales: Float32Array, zeros: Float32Array): Float32Array;
  /**
   * Of up to `size` finite numbers, with zeros behind them: rotated, scaled to a mean square of 1, to the nearest level,
   * packed as packBits does. A scale for the way back is made of the sums: with y the rotated numbers over `unit` (a power of two;
   * 0 where all are 0) and q their levels, `squaredNorm` that of the numbers over unit, `product` y*q, `squaredLevels` q*q.
   */
  rotatedCodes(
    values: Float32Array,
    block: RotatedBlock,
  ): { bytes: Uint8Array; unit: number; squaredNorm: number; product: number; squaredLevels: number };
  /** scale * (signs * Hadamard * levels of the codes), all `size` numbers. RangeError unless `bytes` is exactly size * bits / 8 long. */
  rotatedBack(bytes: Uint8Array, block: RotatedBlock, scale: number): Float32Array;
  /** Each number over `step` to -1, 0 or 1, up or down at random, five to a byte as trits 2, 0, 1, the first the lowest. */
  trits(values: Float32Array, step: number, seed: number): Uint8Array;
  /** step * level; undefined where a byte is above 242. RangeError unless there are ceil(length / 5) bytes. */
  tritsBack(bytes: Uint8Array, length: number, step: number): Float32Array | undefined;
  /**
   * Each number to a level from -most to most, up or down at random, in steps of its bucket's norm over `most`; the levels in
   * Elias' omega code, in the shorter of two ways (core/kernels/levels.h).
   */
  buckets(
    values: Float32Array,
    plan: { bucket: number; most: number; seed: number },
  ): { steps: Float32Array; sparse: boolean; bytes: Uint8Array };
  /** step * level; undefined where the bytes are not just the levels of so many numbers. RangeError unless each bucket has a step. */
  bucketsBack(
    bytes: Uint8Array,
    length: number,
    plan: { bucket: number; most: number; sparse: boolean; steps: Float32Array },
  ): Float32Array | undefined;
}
