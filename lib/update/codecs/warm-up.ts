/**
 * The share of numbers that are sent in the first rounds (deep gradient compression, arXiv 1712.01887): while a model changes fast,
 * what is left out is soon stale. From 25 % it falls by one and the same factor each round, down to `share` behind `rounds` of them.
 */
const FIRST = 0.25;

/** `round` from 1 on. */
export function shareAt(round: number, share: number, rounds: number): number {
  if (round > rounds || share >= FIRST) return share;
  const way = Math.max(0, round - 1) / rounds;
  return FIRST ** (1 - way) * share ** way;
}
