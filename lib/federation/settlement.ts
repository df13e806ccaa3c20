/**
 * The last round in which an update of each client counted. Clients that keep a vector of their own go by it, and filters
 * that keep what they leave out: what an answer would have changed in it is taken back when the answer did not count.
 */
import { RefusedError } from '../refused';
import type { LocalRule } from '../update/message';
import { keepsVector } from './local/rule';
import type { UpdateFacts } from './strategies/strategy';

export type Settlement = ReadonlyMap<string, number>;

export const nothingSettled: Settlement = new Map();

/** Somebody goes by it: the clients by their rule, or a filter on the way of these updates or of earlier ones. */
export const isWanted = (
  before: Settlement,
  updates: readonly Pick<UpdateFacts, 'remembers'>[],
  local: LocalRule | undefined,
): boolean => keepsVector(local) || before.size > 0 || updates.some(({ remembers }) => remembers);

/** All begin anew at most once in so many rounds, whoever says that it has lost what it kept. */
export const roundsBetweenLosses = 20;

/**
 * Of these, the clients whose update had counted, and who have lost what they kept: the aggregator's mean of all such vectors has
 * a part that nobody holds any more, and would hold the model off its optimum for ever. So all begin with zeros again.
 */
export const losersOf = (
  before: Settlement,
  updates: readonly Pick<UpdateFacts, 'client' | 'anew'>[],
  local: LocalRule | undefined,
): string[] =>
  keepsVector(local)
    ? updates.filter(({ client, anew }) => anew && before.has(client)).map(({ client }) => client)
    : [];

/** Throws RefusedError when all have begun anew only lately: one client must not keep the others at zeros. `begunAnew`: when that was. */
export function checkLoss(
  { settlement, begunAnew }: { settlement: Settlement; begunAnew?: number },
  facts: UpdateFacts,
  round: number,
  local: LocalRule | undefined,
): void {
  if (begunAnew === undefined || round - begunAnew >= roundsBetweenLosses) return;
  if (losersOf(settlement, [facts], local).length === 0) return;
  throw new RefusedError(
    'local-state-lost',
    `The update of "${facts.client}" does not count: it has lost what it kept for the strategy, and all clients have begun with zeros in round ${begunAnew}; they do so again from round ${begunAnew + roundsBetweenLosses} on. See that its disk keeps what is written.`,
  );
}

/** After `round` closed with these updates. */
export function settle(before: Settlement, updates: readonly UpdateFacts[], round: number): Settlement {
  const after = new Map(before);
  for (const { client, staleness } of updates) after.set(client, round - staleness);
  return after;
}

/** For each of the cohort, 0 where none has counted. */
export const settledOf = (settlement: Settlement, cohort: readonly string[]): number[] =>
  cohort.map((client) => settlement.get(client) ?? 0);
