/**
 * The budget: what was released, and how much of epsilon that has cost. A plain JSON value, so that it is stored as it is;
 * charge before release, store, then release. Epsilon follows from the entries and can only grow.
 */

import { RefusedError } from '../refused';
import { choice, fields, finite, integer, list, optional, positive } from '../update/reader';
import { type Accountant, accountants } from './accountant';
import { costsOf, epsilonOfCosts, timesCost } from './costs';
import { clientsOf, type GaussianEvent, type LedgerEntry, type PrivacyEvent, parseEntry, withEvent } from './events';

export interface Ledger {
  version: 1;
  delta: number;
  /** Epsilon that must not be passed. */
  budget: number;
  entries: LedgerEntry[];
  /** How epsilon is counted: a choice of today, and nothing of the releases. */
  accountant: Accountant;
}

export function newLedger(budget: number, delta: number, accountant: Accountant = 'rdp'): Ledger {
  return { version: 1, budget: positive(budget, 'budget'), delta: deltaOf(delta), accountant, entries: [] };
}

function deltaOf(value: unknown): number {
  const delta = positive(value, 'delta', 1);
  if (delta < 1) return delta;
  throw new RefusedError('header', 'The delta of a privacy budget must be below 1.');
}

/** Reads a stored ledger. Throws RefusedError 'header' when it is none. */
export function parseLedger(value: unknown): Ledger {
  const read = fields(value, 'ledger');
  integer(read.get('version'), 'ledger.version', 1, 1);
  const entries = list(read.get('entries'), 'ledger.entries', 0, 1_000_000, parseEntry);
  const accountant = optional(read.get('accountant'), (v) => choice(v, 'ledger.accountant', accountants));
  const budget = finite(read.get('budget'), 'ledger.budget');
  return { ...newLedger(budget, deltaOf(read.get('delta')), accountant), entries };
}

/** The same releases under another budget or delta, as when a user changes the settings: nothing spent is forgotten. */
export function withBudget(
  ledger: Ledger,
  budget: number,
  delta: number,
  accountant: Accountant = ledger.accountant,
): Ledger {
  return { ...newLedger(budget, delta, accountant), entries: ledger.entries };
}

const epsilonOfClient = ({ entries, delta, accountant }: Ledger, client?: string): number =>
  epsilonOfCosts(costsOf(entries, client), delta, accountant);

/**
 * Epsilon at the ledger's delta, by its accountant, and exactly where there was nothing but Gaussian mechanisms. Of this client; without
 * one, of whoever it has cost most.
 */
export function spent(ledger: Ledger, client?: string): number {
  if (client !== undefined) return epsilonOfClient(ledger, client);
  return clientsOf(ledger.entries).reduce(
    (most, one) => Math.max(most, epsilonOfClient(ledger, one)),
    epsilonOfClient(ledger),
  );
}

/** How many more such releases the budget allows, counted up to `most`. */
export function releasesLeft(ledger: Ledger, event: GaussianEvent, most = 1_000_000): number {
  const before = costsOf(ledger.entries);
  const [one] = costsOf(withEvent([], event));
  const fits = (count: number): boolean =>
    epsilonOfCosts([...before, timesCost(one, count)], ledger.delta, ledger.accountant) <= ledger.budget;
  let low = 0;
  let high = 1;
  while (high <= most && fits(high)) {
    low = high;
    high *= 2;
  }
  high = Math.min(high, most + 1);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

const isRelease = (event: PrivacyEvent): boolean =>
  event.mechanism === 'exponential'
    ? event.epsilon > 0
    : event.noiseMultiplier > 0 && (event.mechanism === 'tree' || (event.samplingRate > 0 && event.samplingRate <= 1));

/** The ledger with one more release, whatever it costs. The ledger given is not changed. */
export function released(ledger: Ledger, event: PrivacyEvent): Ledger {
  if (isRelease(event)) return { ...ledger, entries: withEvent(ledger.entries, event) };
  throw new RangeError('A release needs noise above 0 and a sampling rate above 0 and up to 1, or an epsilon above 0');
}

/** Throws RefusedError 'budget-exhausted' when what would be spent passes the budget: then nothing may leave. */
export function requireBudget({ budget }: Pick<Ledger, 'budget'>, epsilon: number): void {
  if (epsilon <= budget) return;
  throw new RefusedError(
    'budget-exhausted',
    `The privacy budget is used up: this release would bring epsilon to ${epsilon.toFixed(2)} of ${budget}; raise the budget or the noise, or stop here.`,
  );
}

/** The ledger after one more release that the budget allows. Throws as requireBudget(). */
export function charge(ledger: Ledger, event: PrivacyEvent): Ledger {
  const after = released(ledger, event);
  requireBudget(after, spent(after, 'client' in event ? event.client : undefined));
  return after;
}

/** Whether spent() is a matter of formulas: what sampled releases tell, and distributions of losses, take long. */
export const isQuickToReckon = ({ entries, accountant }: Ledger): boolean =>
  entries.every((entry) => {
    if (entry.mechanism === 'tree') return true;
    return entry.mechanism === 'exponential' ? accountant !== 'pld' : entry.samplingRate === 1;
  });
