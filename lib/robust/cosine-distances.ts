/** How far apart the directions of vectors are. */
import type { RuleKernels } from './rule';

/**
 * n x n, row major: 1 - cosine, as half of the squared distance of both vectors at length 1: no product of two sums that
 * cancels. A zero vector has no direction: it is at 1 of all others. `norms`: of the vectors.
 */
export function cosineDistances(
  vectors: readonly Float32Array[],
  norms: Float64Array,
  kernels: Pick<RuleKernels, 'squaredDistances'>,
): Float64Array {
  const n = vectors.length;
  const units = vectors.map((vector, i) => (norms[i] > 0 ? vector.map((x) => x / norms[i]) : vector));
  const distances = kernels.squaredDistances(units);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (i !== j) distances[i * n + j] = norms[i] > 0 && norms[j] > 0 ? distances[i * n + j] / 2 : 1;
    }
  }
  return distances;
}
