/** What is released, as a ledger keeps it: plain JSON, like releases together. */

import { limits } from '../update/limits';
import { fields, integer, list, optional, positive, text } from '../update/reader';
import { defaultOrders, rdpCurve } from './rdp';
import { treeSensitivity } from './tree';

/** One release of the (sampled) Gaussian mechanism. */
export interface GaussianEvent {
  /** Standard deviation over sensitivity: half the noise multiplier for local privacy, all of it for central. */
  noiseMultiplier: number;
  /** Poisson sampling rate in (0, 1]; 1: no sampling assumed. */
  samplingRate: number;
}

/** One round of a client in a tree of noise. */
export interface TreeEvent {
  mechanism: 'tree';
  client: string;
  noiseMultiplier: number;
  levels: number;
  /** The tree's first round: trees that began in one round count as one, which is never too little. */
  begun: number;
  /** From 0. */
  leaf: number;
}

export type PrivacyEvent = GaussianEvent | TreeEvent;

export interface GaussianEntry extends GaussianEvent {
  /** How many such releases. */
  count: number;
}

export interface TreeEntry extends Omit<TreeEvent, 'leaf' | 'client'> {
  /** Absent: of every client, as nobody knows whose it was. */
  client?: string;
  leaves: readonly number[];
}

export type LedgerEntry = GaussianEntry | TreeEntry;

const isTree = <T extends object>(one: T): one is Extract<T, { mechanism: 'tree' }> =>
  'mechanism' in one && one.mechanism === 'tree';

export function parseEntry(value: unknown, where: string): LedgerEntry {
  const one = fields(value, where);
  const noiseMultiplier = positive(one.get('noiseMultiplier'), `${where}.noiseMultiplier`);
  if (one.get('mechanism') !== 'tree') {
    return {
      noiseMultiplier,
      samplingRate: positive(one.get('samplingRate'), `${where}.samplingRate`, 1),
      count: integer(one.get('count'), `${where}.count`, 1, Number.MAX_SAFE_INTEGER),
    };
  }
  const client = optional(one.get('client'), (v) => text(v, `${where}.client`, limits.name));
  const levels = integer(one.get('levels'), `${where}.levels`, 1, 20);
  return {
    mechanism: 'tree',
    ...(client === undefined ? {} : { client }),
    noiseMultiplier,
    levels,
    begun: integer(one.get('begun'), `${where}.begun`, 1, limits.round),
    leaves: list(one.get('leaves'), `${where}.leaves`, 1, 10_000_000, (v, at) => integer(v, at, 0, 2 ** levels - 2)),
  };
}

const isSameTree = (a: Omit<TreeEntry, 'leaves' | 'client'>, b: Omit<TreeEntry, 'leaves' | 'client'>): boolean =>
  a.noiseMultiplier === b.noiseMultiplier && a.levels === b.levels && a.begun === b.begun;

/** The entries with one more, or one counted higher. */
export function withEvent(entries: readonly LedgerEntry[], event: PrivacyEvent | TreeEntry, count = 1): LedgerEntry[] {
  const at = entries.findIndex((entry) => {
    if (isTree(entry)) return isTree(event) && entry.client === event.client && isSameTree(entry, event);
    if (isTree(event)) return false;
    return entry.noiseMultiplier === event.noiseMultiplier && entry.samplingRate === event.samplingRate;
  });
  const before = entries[at];
  const after = entryOf(event, count);
  if (!before) return [...entries, after];
  if (isTree(before)) {
    const more = isTree(after) ? after.leaves : [];
    return entries.with(at, { ...before, leaves: [...before.leaves, ...more] });
  }
  return entries.with(at, { ...before, count: before.count + count });
}

function entryOf(event: PrivacyEvent | TreeEntry, count: number): LedgerEntry {
  if (isTree(event)) {
    if ('leaves' in event) return event;
    const { leaf, ...rest } = event;
    return { ...rest, leaves: [leaf] };
  }
  return { noiseMultiplier: event.noiseMultiplier, samplingRate: event.samplingRate, count };
}

/** As if the newest release were lost: which it was is not known, but that it is not older than the others and not newer than `event`. */
export function afterLoss(entries: readonly LedgerEntry[], event: PrivacyEvent): LedgerEntry[] {
  let after = [...entries];
  // A leaf is in no node with an older one in which the last one known is not, and in none with a newer one in which this one is not.
  for (const entry of entries) {
    const last = isTree(entry) ? entry.leaves.at(-1) : undefined;
    if (isTree(entry) && last !== undefined) after = withEvent(after, { ...entry, leaves: [last] });
  }
  const newest = entries.at(-1);
  if (newest && !isTree(newest)) after = withEvent(after, newest);
  if (!isTree(event)) return withEvent(after, event);
  const { client: _, leaf, ...tree } = event;
  return withEvent(after, { ...tree, leaves: [leaf] });
}

export function clientsOf(entries: readonly LedgerEntry[]): string[] {
  return [...new Set(entries.flatMap((entry) => (isTree(entry) && entry.client !== undefined ? [entry.client] : [])))];
}

/** What it comes to by Rényi divergences, at the default orders; and by itself where it is a Gaussian mechanism. */
export interface Cost {
  rdp: readonly number[];
  /** Square of sensitivity over standard deviation; absent: it was sampled. */
  muSquared?: number;
}

const gaussianCost = (muSquared: number): Cost => ({
  rdp: defaultOrders.map((order) => (order * muSquared) / 2),
  muSquared,
});

/** What all of these releases cost this client; without a client: anyone of whom no entry says anything. */
export function costsOf(entries: readonly LedgerEntry[], client?: string): Cost[] {
  const costs: Cost[] = [];
  const trees: TreeEntry[] = [];
  for (const entry of entries) {
    if (!isTree(entry)) {
      const { noiseMultiplier, samplingRate, count } = entry;
      const rdp = rdpCurve(noiseMultiplier, samplingRate, count).rdp;
      costs.push(samplingRate === 1 ? gaussianCost(count / noiseMultiplier ** 2) : { rdp });
    } else if (entry.client === undefined || entry.client === client) {
      const same = trees.findIndex((other) => isSameTree(other, entry));
      if (same < 0) trees.push(entry);
      else trees[same] = { ...entry, leaves: [...trees[same].leaves, ...entry.leaves] };
    }
  }
  for (const { levels, leaves, noiseMultiplier } of trees) {
    costs.push(gaussianCost(treeSensitivity(levels, leaves) / noiseMultiplier ** 2));
  }
  return costs;
}
