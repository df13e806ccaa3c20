/**
 * Who is rejected again and again. Each round adds to the evidence against a client, or takes from it: the logarithm (base 2)
 * of how much likelier what happened is for an attacker, who is rejected in 9 of 10 rounds, than for anybody of that round. So
 * a rejection weighs little where most are rejected (Krum keeps one) and much where few are. The sum never falls below 0
 * (Page 1954, doi:10.1093/biomet/41.1-2.100): with a threshold of log2(rounds) a client that is rejected like any other is
 * quarantined at most once in so many rounds (Lorden 1971, doi:10.1214/aoms/1177693055). What counts is the client's own
 * answer alone.
 */
import { RefusedError } from '../refused';

export interface QuarantineOptions {
  /** An honest client is quarantined by chance at most once in so many rounds. */
  rounds: number;
}

/** How often an attacker is rejected. */
const ATTACKER = 0.9;

export function checkQuarantine({ rounds }: QuarantineOptions): void {
  if (Number.isInteger(rounds) && rounds >= 2 && rounds <= 1e9) return;
  throw new RefusedError(
    'bad-setting',
    `Set how rarely an honest client may be quarantined to a whole number of rounds from 2 to 1000000000: ${String(rounds)} is not.`,
  );
}

/** The evidence after a round in which `share` of those who answered were rejected. */
export function evidenceAfter(evidence: number, rejected: boolean, share: number): number {
  // Where most are rejected nothing is learned of anybody.
  if (!(share < ATTACKER)) return evidence;
  const step = rejected ? Math.log2(ATTACKER / share) : Math.log2((1 - ATTACKER) / (1 - share));
  return Math.max(0, evidence + step);
}

export const isEnoughEvidence = (evidence: number, { rounds }: QuarantineOptions): boolean =>
  evidence >= Math.log2(rounds);
