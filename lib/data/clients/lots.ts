/** Drawing a client by lot, each with its share. */

/** Sums of the shares up to each one. */
export function cumulated(shares: readonly number[]): number[] {
  let sum = 0;
  return shares.map((share) => (sum += share));
}

/** The index whose share the lot, from 0 up to the sum of all, falls in. */
export function drawFrom(cumulative: readonly number[], lot: number): number {
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lot < cumulative[middle]) high = middle;
    else low = middle + 1;
  }
  return low;
}
