/** The rules once more, by their definitions, in float64 and without care for speed. */

export type Vectors = readonly (readonly number[])[];

export const column = (vectors: Vectors, k: number): number[] => vectors.map((vector) => vector[k]);
export const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
export const lengthOf = (v: readonly number[]): number => Math.sqrt(v.reduce((s, x) => s + x * x, 0));
export const minus = (a: readonly number[], b: readonly number[]): number[] => a.map((x, k) => x - b[k]);
const byColumn = (vectors: Vectors, of: (values: number[]) => number): number[] =>
  vectors[0].map((_, k) => of(column(vectors, k)));

export const medianOf = (values: readonly number[]): number => {
  const s = sorted(values);
  return (s[(s.length - 1) >> 1] + s[s.length >> 1]) / 2;
};
export const naiveMedian = (vectors: Vectors): number[] => byColumn(vectors, medianOf);
export const naiveTrimmedMean = (vectors: Vectors, cut: number): number[] =>
  byColumn(vectors, (values) => mean(sorted(values).slice(cut, values.length - cut)));

/**
 * The mean of the `count` values nearest to `reference`; where several are equally far at the edge, of all the ways to
 * choose the mean way.
 */
export function nearestMean(values: readonly number[], reference: number, count: number): number {
  const far = (x: number): number => Math.abs(x - reference);
  const edge = sorted(values.map(far))[count - 1];
  const inside = values.filter((x) => far(x) < edge);
  const at = values.filter((x) => far(x) === edge);
  return (inside.reduce((a, b) => a + b, 0) + (count - inside.length) * mean(at)) / count;
}
export const naiveNear = (vectors: Vectors, count: number): number[] =>
  byColumn(vectors, (values) => nearestMean(values, medianOf(values), count));

const squared = (a: readonly number[], b: readonly number[]): number => minus(a, b).reduce((s, x) => s + x * x, 0);

/** Of the vectors `left`: the one with the least Krum score among them. */
export function naiveKrum(vectors: Vectors, left: readonly number[], f: number): number {
  const scores = left.map((i) =>
    sorted(left.filter((j) => j !== i).map((j) => squared(vectors[i], vectors[j])))
      .slice(0, Math.max(1, left.length - f - 2))
      .reduce((a, b) => a + b, 0),
  );
  return left[scores.indexOf(Math.min(...scores))];
}

/** Everything computed anew for each pick. */
export function naiveBulyan(vectors: Vectors, f: number): { picks: number[]; aggregate: number[] } {
  let left = vectors.map((_, i) => i);
  const picks: number[] = [];
  while (picks.length < vectors.length - 2 * f) {
    const pick = naiveKrum(vectors, left, f);
    picks.push(pick);
    left = left.filter((i) => i !== pick);
  }
  return {
    picks,
    aggregate: naiveNear(
      picks.map((i) => vectors[i]),
      picks.length - 2 * f,
    ),
  };
}
