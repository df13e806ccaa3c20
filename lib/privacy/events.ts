/** What is released, as a ledger keeps it: plain JSON, like releases together. */
import { limits } from '../update/limits';
import { choice, compact, type Fields, fields, integer, list, optional, positive, text } from '../update/reader';

/** One release of the (sampled) Gaussian mechanism. */
export interface GaussianEvent {
  mechanism?: undefined;
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

/** One draw by the exponential mechanism. */
export interface ExponentialEvent {
  mechanism: 'exponential';
  /** Of one draw. */
  epsilon: number;
  /** Whose data it looked at; absent: those of all. */
  client?: string;
}

export type PrivacyEvent = GaussianEvent | TreeEvent | ExponentialEvent;

export type GaussianEntry = GaussianEvent & { count: number };
export type ExponentialEntry = ExponentialEvent & { count: number };
export interface TreeEntry extends Omit<TreeEvent, 'leaf' | 'client'> {
  /** Absent: of every client, as nobody knows whose it was. */
  client?: string;
  leaves: readonly number[];
}

export type LedgerEntry = GaussianEntry | TreeEntry | ExponentialEntry;

/** Throws RefusedError 'header'. */
export function parseEntry(value: unknown, where: string): LedgerEntry {
  const read = fields(value, where);
  const mechanism = optional(read.get('mechanism'), (v) =>
    choice(v, `${where}.mechanism`, ['tree', 'exponential'] as const),
  );
  if (mechanism === 'tree') return treeEntry(read, where);
  const count = integer(read.get('count'), `${where}.count`, 1, Number.MAX_SAFE_INTEGER);
  if (mechanism === 'exponential') return { ...parseExponential(read, where), count };
  return {
    noiseMultiplier: positive(read.get('noiseMultiplier'), `${where}.noiseMultiplier`),
    samplingRate: positive(read.get('samplingRate'), `${where}.samplingRate`, 1),
    count,
  };
}

const clientIn = (read: Fields, where: string): { client?: string } =>
  compact({ client: optional(read.get('client'), (v) => text(v, `${where}.client`, limits.name)) });

/** Throws RefusedError 'header'. */
export const parseExponential = (read: Fields, where: string): ExponentialEvent => ({
  mechanism: 'exponential',
  epsilon: positive(read.get('epsilon'), `${where}.epsilon`, 1e6),
  ...clientIn(read, where),
});

function treeEntry(read: Fields, where: string): TreeEntry {
  const levels = integer(read.get('levels'), `${where}.levels`, 1, 20);
  return {
    mechanism: 'tree',
    ...clientIn(read, where),
    noiseMultiplier: positive(read.get('noiseMultiplier'), `${where}.noiseMultiplier`),
    levels,
    begun: integer(read.get('begun'), `${where}.begun`, 1, limits.round),
    leaves: list(read.get('leaves'), `${where}.leaves`, 1, 10_000_000, (v, at) => integer(v, at, 0, 2 ** levels - 2)),
  };
}

export const isSameTree = (a: Omit<TreeEntry, 'leaves'>, b: Omit<TreeEntry, 'leaves'>): boolean =>
  a.noiseMultiplier === b.noiseMultiplier && a.levels === b.levels && a.begun === b.begun;

/** As an entry of its own. */
function entryOf(event: PrivacyEvent, count = 1): LedgerEntry {
  if (event.mechanism === 'tree') {
    const { leaf, ...rest } = event;
    return { ...rest, leaves: [leaf] };
  }
  if (event.mechanism === 'exponential') return { ...event, count };
  return { noiseMultiplier: event.noiseMultiplier, samplingRate: event.samplingRate, count };
}

/** Both as one; undefined: they are unlike. */
function joined(a: LedgerEntry, b: LedgerEntry): LedgerEntry | undefined {
  if (a.mechanism === 'tree') {
    const isLike = b.mechanism === 'tree' && a.client === b.client && isSameTree(a, b);
    return isLike ? { ...a, leaves: [...a.leaves, ...b.leaves] } : undefined;
  }
  if (b.mechanism === 'tree') return undefined;
  const isLike =
    a.mechanism === 'exponential'
      ? b.mechanism === 'exponential' && a.client === b.client && a.epsilon === b.epsilon
      : b.mechanism === undefined && a.noiseMultiplier === b.noiseMultiplier && a.samplingRate === b.samplingRate;
  return isLike ? { ...a, count: a.count + b.count } : undefined;
}

function withEntry(entries: readonly LedgerEntry[], entry: LedgerEntry): LedgerEntry[] {
  for (const [at, before] of entries.entries()) {
    const both = joined(before, entry);
    if (both) return entries.with(at, both);
  }
  return [...entries, entry];
}

/** The entries with one more, or one counted higher. */
export const withEvent = (entries: readonly LedgerEntry[], event: PrivacyEvent): LedgerEntry[] =>
  withEntry(entries, entryOf(event));

/** As if the newest release were lost: which it was is not known, but that it is not older than the others and not newer than `event`. */
export function afterLoss(entries: readonly LedgerEntry[], event: PrivacyEvent): LedgerEntry[] {
  let after = [...entries];
  for (const [at, entry] of entries.entries()) {
    // A leaf is in no node with an older one in which the last one known is not, and in none with a newer one in which this one is not.
    if (entry.mechanism === 'tree') after = withEntry(after, { ...entry, leaves: entry.leaves.slice(-1) });
    else if (at === entries.length - 1) after = withEntry(after, { ...entry, count: 1 });
  }
  const again = entryOf(event);
  const { client: _, ...ofAll } = 'client' in again ? again : { client: '', ...again };
  return withEntry(after, ofAll);
}

export const clientsOf = (entries: readonly LedgerEntry[]): string[] => [
  ...new Set(entries.flatMap((entry) => ('client' in entry && entry.client !== undefined ? [entry.client] : []))),
];
