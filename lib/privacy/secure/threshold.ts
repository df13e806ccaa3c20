/**
 * How many shares open a secret, and what that protects from. With t shares of h holders, c of whom side with the aggregator:
 *
 *   - one that follows the protocol reads nothing as long as c < t;
 *   - one that tells everyone something else must be told t shares of both secrets of a client, and a holder gives one of
 *     them: (h - c) + 2c >= 2t. So 2t > h + c is what stops it; with c = 0 that is t > h/2, the least that is allowed here.
 *
 * (Bonawitz 2017, eprint 2017/281, section 6; there with h = n.)
 */

/** Shares that open a secret of `holders`: more than the share `threshold` of them, and never more than there are. */
export const sharesNeeded = (threshold: number, holders: number): number =>
  Math.min(holders, Math.floor(threshold * holders) + 1);

export interface Tolerance {
  /** Of the holders of a secret may drop out: the sum is still found. */
  dropouts: number;
  /** Of them may tell an honest aggregator all that they know: it still reads no update. t - 1. */
  curious: number;
  /** Of them may side with an aggregator that tells everyone something else: 2t > holders + c. */
  lying: number;
}

export function tolerance(threshold: number, holders: number): Tolerance {
  const needed = sharesNeeded(threshold, holders);
  return { dropouts: holders - needed, curious: needed - 1, lying: Math.max(0, 2 * needed - holders - 1) };
}
