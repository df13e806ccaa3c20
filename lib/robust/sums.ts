/** Sums whose bits do not depend on the order of their terms, and norms. */
import type { RuleInput, RuleKernels } from './rule';

/** In order of size. */
export const sumOf = (values: ArrayLike<number>): number =>
  Float64Array.from(values)
    .sort()
    .reduce((sum, value) => sum + value, 0);

export const plainMeanOf = (vectors: readonly Float32Array[], kernels: RuleKernels): Float32Array =>
  kernels.weightedSum(vectors, new Float64Array(vectors.length).fill(1), vectors.length);

/** The norms of the vectors of a rule: those that came with them, or computed. */
export const normsOf = ({ vectors, norms }: RuleInput, kernels: RuleKernels): Float64Array =>
  norms ? Float64Array.from(norms) : Float64Array.from(vectors, (vector) => kernels.norm(vector));
