/** Sums whose bits do not depend on the order of their terms. */
import type { RuleKernels } from './rule';

/** In order of size. */
export const sumOf = (values: ArrayLike<number>): number =>
  Float64Array.from(values)
    .sort()
    .reduce((sum, value) => sum + value, 0);

/** sum of weights[i] * vectors[i] over `divisor`, exact and rounded once. */
export function weightedSum(
  vectors: readonly Float32Array[],
  weights: ArrayLike<number>,
  divisor: number,
  kernels: RuleKernels,
): Float32Array {
  const fold = kernels.fold(vectors[0].length);
  for (const [i, vector] of vectors.entries()) if (weights[i] !== 0) fold.add(vector, weights[i]);
  return fold.mean(divisor);
}

export const plainMeanOf = (vectors: readonly Float32Array[], kernels: RuleKernels): Float32Array =>
  weightedSum(vectors, new Float64Array(vectors.length).fill(1), vectors.length, kernels);
