/** Spelling help for sentences: the known names that are nearest to one that is not known. */

/** Levenshtein distance, ignoring case. */
export function editDistance(left: string, right: string): number {
  const a = left.toLowerCase();
  const b = right.toLowerCase();
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row.push(Math.min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    previous = row;
  }
  return previous[b.length];
}

/** The `count` names nearest to `name`, nearest first. */
export function nearest(name: string, known: readonly string[], count: number): string[] {
  return known
    .slice(0, 1000)
    .map((candidate, i) => ({ candidate, i, distance: editDistance(name.slice(0, 64), candidate.slice(0, 64)) }))
    .sort((x, y) => x.distance - y.distance || x.i - y.i)
    .slice(0, count)
    .map(({ candidate }) => candidate);
}
