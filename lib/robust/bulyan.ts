/**
 * Bulyan (El Mhamdi 2018, arXiv 1802.07927): theta = n - 2f vectors are picked one after the other, each by Krum among those
 * that are left; then each coordinate is the mean of the theta - 2f values nearest to their median. The distances between
 * vectors do not change with the picks and are computed once. Scores: those of Krum among all.
 */
import { krumScores } from './krum';
import type { RuleOptionsOf } from './options';
import { attackers, checkInput, checkUniform } from './parameters';
import type { Rule } from './rule';

/** Row i: the others by their distance to i, nearest first; ties by index. */
function neighboursOf(distances: Float64Array, n: number): Uint32Array {
  const order = new Uint32Array(n * (n - 1));
  for (let i = 0; i < n; i++) {
    const row = distances.subarray(i * n, i * n + n);
    const others = order.subarray(i * (n - 1), (i + 1) * (n - 1));
    for (let j = 0, k = 0; j < n; j++) if (j !== i) others[k++] = j;
    others.sort((a, b) => row[a] - row[b] || a - b);
  }
  return order;
}

/**
 * The indices that Bulyan picks, in the order of the picks. Each sum is added up anew, nearest first: taking away what has
 * gone would leave the rounding of an outlier's huge distance behind.
 */
export function bulyanPicks(distances: Float64Array, n: number, f: number): number[] {
  const order = neighboursOf(distances, n);
  const left = Array.from({ length: n }, (_, i) => i);
  const picks: number[] = [];
  for (let last = -1; picks.length < n - 2 * f; ) {
    const others = left.length - 1;
    const neighbours = Math.min(others, Math.max(1, left.length - f - 2));
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (const i of left) {
      const from = i * (n - 1);
      let kept = 0;
      let sum = 0;
      // The pick before goes from each list while it is added up.
      for (let at = 0; kept < others; at++) {
        const j = order[from + at];
        if (j === last) continue;
        if (kept < neighbours) sum += distances[i * n + j];
        order[from + kept++] = j;
      }
      if (best < 0 || sum < least) [best, least] = [i, sum];
    }
    picks.push(best);
    left.splice(left.indexOf(best), 1);
    last = best;
  }
  return picks;
}

export function bulyan({ f = 1 }: Omit<RuleOptionsOf<'bulyan'>, 'name'> = {}): Rule {
  const needed = 4 * attackers(f, 0) + 3;
  return {
    name: 'bulyan',
    weights: 'uniform',
    needed,
    score: 'sum of distances',
    combine(input, kernels) {
      checkInput(input, 'bulyan', needed);
      checkUniform(input, 'bulyan');
      const { vectors } = input;
      const n = vectors.length;
      const distances = kernels.squaredDistances(vectors);
      const scores = krumScores(distances, n, f);
      const picked = new Set(bulyanPicks(distances, n, f));
      const reason = `Bulyan picked ${picked.size} of ${n}, each nearest to those that were left, and never this one.`;
      return {
        aggregate: kernels.meansNearMedian(
          vectors.filter((_, i) => picked.has(i)),
          picked.size - 2 * f,
        ),
        scores,
        rejected: vectors.flatMap((_, index) => (picked.has(index) ? [] : [{ index, reason }])),
      };
    },
  };
}
