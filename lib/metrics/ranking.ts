/** How well scores rank the positives before the negatives; independent of any threshold. */

/** Samples with the same score, from the highest score down: how many positives and negatives share it. */
function tiesDescending(
  positive: ArrayLike<number>,
  scores: ArrayLike<number>,
): { positives: number; negatives: number }[] {
  if (positive.length !== scores.length) throw new RangeError(`${positive.length} truths for ${scores.length} scores`);
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[b] - scores[a]);
  const ties: { positives: number; negatives: number }[] = [];
  let last = Number.NaN;
  for (const i of order) {
    if (Number.isNaN(scores[i])) throw new RangeError('a score is not a number');
    if (scores[i] !== last) ties.push({ positives: 0, negatives: 0 });
    last = scores[i];
    const tie = ties[ties.length - 1];
    if (positive[i] > 0) tie.positives += 1;
    else tie.negatives += 1;
  }
  return ties;
}

/**
 * Sum over thresholds of (R_n - R_(n-1)) P_n: the area under the precision-recall steps, not interpolated. `positive` is
 * 1 or 0. Samples with one score cross the threshold together. 0 when nothing is positive.
 */
export function averagePrecision(positive: ArrayLike<number>, scores: ArrayLike<number>): number {
  let hits = 0;
  let seen = 0;
  let area = 0;
  for (const { positives, negatives } of tiesDescending(positive, scores)) {
    hits += positives;
    seen += positives + negatives;
    area += (positives * hits) / seen;
  }
  return hits === 0 ? 0 : area / hits;
}

/**
 * The chance that a positive scores above a negative, a tie counting half (Mann-Whitney U / (n+ n-)). NaN when there are
 * only positives or only negatives: it has no meaning then.
 */
export function rocAuc(positive: ArrayLike<number>, scores: ArrayLike<number>): number {
  let hits = 0;
  let misses = 0;
  let above = 0;
  for (const { positives, negatives } of tiesDescending(positive, scores)) {
    above += negatives * (hits + positives / 2);
    hits += positives;
    misses += negatives;
  }
  return hits === 0 || misses === 0 ? Number.NaN : above / (hits * misses);
}
