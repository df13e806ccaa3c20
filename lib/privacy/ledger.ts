/**
 * The budget: what was released, and how much of epsilon that has cost. A plain JSON value, so that it is stored as it is;
 * charge before release, store, then release. Epsilon follows from the entries and can only grow.
 */

import { RefusedError } from '../refused';
import { fields, finite, integer, list, positive } from '../update/reader';
import { gaussianEpsilon } from './gaussian';
import { defaultOrders, epsilonOf, type RdpCurve, rdpCurve } from './rdp';

/** One release of the (sampled) Gaussian mechanism. */
export interface PrivacyEvent {
  /** Standard deviation over sensitivity: half the noise multiplier for local privacy, all of it for central. */
  noiseMultiplier: number;
  /** Poisson sampling rate in (0, 1]; 1: no sampling assumed. */
  samplingRate: number;
}

export interface LedgerEntry extends PrivacyEvent {
  /** How many such releases. */
  count: number;
}

export interface Ledger {
  version: 1;
  delta: number;
  /** Epsilon that must not be passed. */
  budget: number;
  entries: LedgerEntry[];
}

export function newLedger(budget: number, delta: number): Ledger {
  return { version: 1, budget: positive(budget, 'budget'), delta: deltaOf(delta), entries: [] };
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
  const entries = list(read.get('entries'), 'ledger.entries', 0, 10_000, (entry, where): LedgerEntry => {
    const one = fields(entry, where);
    return {
      noiseMultiplier: positive(one.get('noiseMultiplier'), `${where}.noiseMultiplier`),
      samplingRate: positive(one.get('samplingRate'), `${where}.samplingRate`, 1),
      count: integer(one.get('count'), `${where}.count`, 1, Number.MAX_SAFE_INTEGER),
    };
  });
  return { ...newLedger(finite(read.get('budget'), 'ledger.budget'), deltaOf(read.get('delta'))), entries };
}

/** The same releases under another budget or delta, as when a user changes the settings: nothing spent is forgotten. */
export function withBudget(ledger: Ledger, budget: number, delta: number): Ledger {
  return { ...newLedger(budget, delta), entries: ledger.entries };
}

/** An entry with the divergence of one of its releases, which takes milliseconds to compute and is kept while counting. */
interface Costed extends LedgerEntry {
  once: RdpCurve;
}

const costed = (entry: LedgerEntry): Costed => ({
  ...entry,
  once: rdpCurve(entry.noiseMultiplier, entry.samplingRate, 1),
});

function epsilonOfAll(entries: readonly Costed[], delta: number): number {
  if (entries.length === 0) return 0;
  const rdp = defaultOrders.map((_, i) => entries.reduce((sum, { once, count }) => sum + count * once.rdp[i], 0));
  const { epsilon } = epsilonOf({ orders: defaultOrders, rdp }, delta);
  if (entries.some((entry) => entry.samplingRate !== 1)) return epsilon;
  const muSquared = entries.reduce((sum, { count, noiseMultiplier }) => sum + count / noiseMultiplier ** 2, 0);
  return Math.min(epsilon, gaussianEpsilon(Math.sqrt(muSquared), delta));
}

/** Epsilon at the ledger's delta: by the RDP accountant, or exactly where nothing was sampled, whichever is less. */
export const spent = (ledger: Ledger): number => epsilonOfAll(ledger.entries.map(costed), ledger.delta);

/** The entries with one more, or one counted higher. */
function withEvent<E extends LedgerEntry>(entries: readonly E[], event: E): E[] {
  const at = entries.findIndex(
    (entry) => entry.noiseMultiplier === event.noiseMultiplier && entry.samplingRate === event.samplingRate,
  );
  if (at < 0) return [...entries, event];
  return entries.map((entry, i) => (i === at ? { ...entry, count: entry.count + event.count } : entry));
}

/** How many more such releases the budget allows, counted up to `most`. */
export function releasesLeft(ledger: Ledger, event: PrivacyEvent, most = 1_000_000): number {
  const before = ledger.entries.map(costed);
  const one = costed({ ...event, count: 1 });
  const fits = (count: number): boolean =>
    epsilonOfAll(withEvent(before, { ...one, count }), ledger.delta) <= ledger.budget;
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

/**
 * The ledger after one more release. Throws RefusedError 'budget-exhausted' when that would pass the budget: then nothing
 * may leave. The ledger given is not changed.
 */
export function charge(ledger: Ledger, event: PrivacyEvent): Ledger {
  if (!(event.noiseMultiplier > 0) || !(event.samplingRate > 0 && event.samplingRate <= 1)) {
    throw new RangeError('A release needs noise above 0 and a sampling rate above 0 and up to 1');
  }
  const { noiseMultiplier, samplingRate } = event;
  const after = { ...ledger, entries: withEvent(ledger.entries, { noiseMultiplier, samplingRate, count: 1 }) };
  const epsilon = spent(after);
  if (epsilon <= ledger.budget) return after;
  throw new RefusedError(
    'budget-exhausted',
    `The privacy budget is used up: this update would bring epsilon to ${epsilon.toFixed(2)} of ${ledger.budget}; raise the budget or the noise, or stop here.`,
  );
}
