/**
 * Krum and Multi-Krum (Blanchard et al., NeurIPS 2017, arXiv 1703.02757) on a matrix of squared distances, so that the
 * distances are computed once, by the core, whatever is asked of them.
 */
import { RefusedError } from '../refused';
import { kthSmallest } from './kth-smallest';

export interface KrumOptions {
  /**
   * Compute scores below the paper's bound n >= 2f + 3 too (then with at least one neighbour, and without its guarantee).
   * Default false: refused.
   */
  allowBelowBound?: boolean;
}

/** The least number of updates for which the paper proves anything about f attackers. */
export const krumBound = (f: number): number => 2 * f + 3;

/**
 * score[i] = sum of the n - f - 2 least squared distances from i to the others. `distances` is n x n, row major,
 * symmetric, with a diagonal that is not looked at. Throws RefusedError 'krum-bound' when n < 2f + 3, RangeError when the
 * arguments are no matrix, and 'not-finite' when a distance is NaN.
 */
export function krumScores(distances: Float64Array, n: number, f: number, options: KrumOptions = {}): Float64Array {
  if (!Number.isInteger(n) || n < 1 || !Number.isInteger(f) || f < 0 || distances.length !== n * n) {
    throw new RangeError(`Krum needs n x n distances and f >= 0, not ${distances.length} for n = ${n}, f = ${f}`);
  }
  if (n < krumBound(f) && !options.allowBelowBound) {
    throw new RefusedError(
      'krum-bound',
      `Krum against ${f} bad updates needs at least ${krumBound(f)} updates and only ${n} came: ask more clients or expect fewer bad ones.`,
    );
  }
  const neighbours = Math.min(n - 1, Math.max(1, n - f - 2));
  const scores = new Float64Array(n);
  const row = new Float64Array(Math.max(0, n - 1));
  for (let i = 0; i < n; i++) {
    for (let j = 0, k = 0; j < n; j++) if (j !== i) row[k++] = distances[i * n + j];
    const farthest = n > 1 ? kthSmallest(row, neighbours - 1) : 0;
    // Ties with the farthest neighbour that counts are counted as often as there is room for them.
    let missing = neighbours;
    let sum = 0;
    for (let j = 0; j < n; j++) {
      const distance = distances[i * n + j];
      if (j === i || distance >= farthest) continue;
      sum += distance;
      missing--;
    }
    sum += missing * farthest;
    // One NaN in the row makes the sum NaN.
    if (Number.isNaN(sum)) throw new RefusedError('not-finite', 'A distance between updates is not a number.');
    scores[i] = sum;
  }
  return scores;
}

/** Indices from best to worst score; equal scores keep the order of their indices. */
export function ranking(scores: Float64Array): number[] {
  return Array.from(scores, (_, i) => i).sort((a, b) => scores[a] - scores[b] || a - b);
}

/** The m best indices, best first: Krum for m = 1, Multi-Krum for more. */
export function select(scores: Float64Array, m: number): number[] {
  if (!Number.isInteger(m) || m < 1 || m > scores.length) {
    throw new RangeError(`Multi-Krum keeps from 1 to ${scores.length} updates, not ${m}`);
  }
  return ranking(scores).slice(0, m);
}
