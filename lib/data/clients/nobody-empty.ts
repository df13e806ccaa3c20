/**
 * The rule that leaves no client empty: who would have fewer than `least` samples gets what is missing from those that
 * have most, who are brought down to one common size no further than needed, and never under `least`. They give the first
 * samples that come to them. When there are fewer than clients x least samples, the first clients are served first.
 */
import type { Lot } from './spec';

/** How many samples each client gives away, and whom they go to, in order. */
export function transfers(sizes: readonly number[], least: number): { gives: number[]; takers: number[] } {
  const spare = sizes.reduce((sum, size) => sum + Math.max(0, size - least), 0);
  const takers: number[] = [];
  sizes.forEach((size, client) => {
    for (let held = size; held < least && takers.length < spare; held++) takers.push(client);
  });
  const above = (level: number): number => sizes.reduce((sum, size) => sum + Math.max(0, size - level), 0);
  let level = least;
  let top = Math.max(least, ...sizes.map((size) => size));
  // The highest level that frees enough.
  while (level < top) {
    const middle = Math.ceil((level + top) / 2);
    if (above(middle) >= takers.length) level = middle;
    else top = middle - 1;
  }
  let tooMany = above(level) - takers.length;
  const gives = sizes.map((size) => {
    const surplus = Math.max(0, size - level);
    const keeps = Math.min(surplus, tooMany, 1);
    tooMany -= keeps;
    return surplus - keeps;
  });
  return { gives, takers };
}

/** `lot` with those samples moved. */
export function fillingLot(lot: Lot, sizes: readonly number[], least: number): Lot {
  const { gives, takers } = transfers(sizes, least);
  let given = 0;
  return (sample) => {
    const client = lot(sample);
    if (!(gives[client] > 0)) return client;
    gives[client] -= 1;
    return takers[given++];
  };
}
