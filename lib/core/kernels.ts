/** Vector kernels of core.wasm, for one thread. Vectors are float32, sums float64. */
export interface Fold {
  /** Adds weight * vector. The sum does not depend on the order of the calls: it is exact. Throws RangeError on another length. */
  add(vector: Float32Array, weight: number): void;
  /** sum / divisor, rounded once to float32. */
  mean(divisor: number): Float32Array;
  reset(): void;
}

export interface Kernels {
  fold(length: number): Fold;
  /** Euclidean norm with float64 accumulation. NaN or infinity in the vector gives NaN or infinity. */
  norm(vector: Float32Array): number;
  dot(left: Float32Array, right: Float32Array): number;
  /** In place: vector *= min(1, bound / norm). Returns the norm before. A zero vector stays; throws RangeError when not finite. */
  clip(vector: Float32Array, bound: number): number;
  allFinite(vector: Float32Array): boolean;
  /** n x n, row major, by direct float64 differences (never by the Gram matrix). */
  squaredDistances(vectors: readonly Float32Array[]): Float64Array;
  crc32(bytes: Uint8Array, seed?: number): number;
}
