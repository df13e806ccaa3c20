/**
 * The last round in which an update of each client counted. Clients that keep a vector of their own go by it: what an answer
 * would have changed in that vector is taken back when the answer did not count.
 */
import type { UpdateFacts } from './strategies/strategy';

export type Settlement = ReadonlyMap<string, number>;

export const nothingSettled: Settlement = new Map();

/** After `round` closed with these updates. */
export function settle(before: Settlement, updates: readonly UpdateFacts[], round: number): Settlement {
  const after = new Map(before);
  for (const { client, staleness } of updates) after.set(client, round - staleness);
  return after;
}

/** For each of the cohort, 0 where none has counted. */
export const settledOf = (settlement: Settlement, cohort: readonly string[]): number[] =>
  cohort.map((client) => settlement.get(client) ?? 0);
