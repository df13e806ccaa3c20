/** What a round has made: to be written, then to count and to be told. */
import type { Unlikeness } from '../data/unlikeness';
import { type KeptRound, keptRound, type Learned } from './checkpoint';
import type { Judged } from './combining';
import type { RoundMetrics } from './metrics';
import type { FederationOptions } from './options';
import { afterRound, quarantinedOf } from './quarantine';
import type { Rejected, RoundState } from './round-state';

export interface Making {
  next: Learned;
  told?: RoundMetrics;
  /** By the rule; absent: there was none. */
  judged?: readonly Judged[];
  unlikeness?: Unlikeness;
}

export interface Made extends Omit<Making, 'judged'> {
  kept: KeptRound;
  /** Whose updates the rule left out. */
  rejected: readonly Rejected[];
}

/** What is written is already what the reducer will make of it, so that no evidence is lost by a kill. */
export function madeOf({ judged = [], told, ...what }: Making, state: RoundState, options: FederationOptions): Made {
  const rejected = judged.flatMap(({ client, reason }) => (reason ? [{ client, reason }] : []));
  const after = told ? afterRound(state, rejected, options) : state;
  const quarantined = quarantinedOf(after);
  return {
    ...what,
    ...(told ? { told: quarantined.length > 0 ? { ...told, quarantined } : told } : {}),
    rejected,
    kept: { ...keptRound(after), round: state.round + 1 },
  };
}
