/**
 * The updates of one asking of a round, held until they can be compared. Senders are not trusted: what one of them says
 * about deadline, round size or shape must not decide when, or against whom, the others are judged.
 */
import type { UpdateHeader } from '../../lib/update/message';

/** A deadline that only strangers have named so far is never taken shorter, in ms. */
const LEAST_WAIT_MS = 500;
/** The share of the round's deadline that the filter waits, so that what it lets through still comes in time. */
const SHARE = 0.8;

export interface Held<T> {
  header: UpdateHeader;
  vector: Float32Array;
  bytes: number;
  item: T;
}

export interface Collection<T> {
  readonly key: string;
  readonly federation: string;
  readonly round: number;
  readonly started: number;
  readonly held: Held<T>[];
  /** Clients that have answered, by an update or a refusal to take part. */
  readonly answered: Set<string>;
  /** How many each of them says were asked, and the deadline that it names, ms. */
  readonly expected: number[];
  readonly deadlines: number[];
}

type Asking = Pick<UpdateHeader, 'federation' | 'model' | 'round' | 'attempt'>;

export const keyOf = ({ federation, model, round, attempt }: Asking): string =>
  JSON.stringify([federation, model, round, attempt]);

export function collectionOf<T>(asking: Asking, now: number): Collection<T> {
  const { federation, round } = asking;
  const empty = { held: [], answered: new Set<string>(), expected: [], deadlines: [] };
  return { key: keyOf(asking), federation, round, started: now, ...empty };
}

export function hold<T>(collection: Collection<T>, held: Held<T>): void {
  collection.held.push(held);
  collection.answered.add(held.header.client);
  collection.expected.push(held.header.expected);
  collection.deadlines.push(held.header.deadlineMs);
}

export const bytesOf = (collection: Collection<unknown>): number =>
  collection.held.reduce((sum, { bytes }) => sum + bytes, 0);

/** Everybody has answered. Believes the largest figure: a liar can only make the filter wait until its time is over. */
export const isComplete = ({ answered, expected }: Collection<unknown>): boolean =>
  expected.length > 0 && answered.size >= Math.max(...expected);

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

/**
 * When the collection is judged, ms: at once when everybody has answered, else when its time is over. `own`: the wait that
 * the user set; `enough`: updates that Krum needs. What fewer of them say is not acted upon at once: the first one may lie.
 */
export function judgedAt(collection: Collection<unknown>, own: number | undefined, enough: number): number {
  const { started, deadlines, answered } = collection;
  if (isComplete(collection))
    return answered.size >= enough ? started : started + Math.min(own ?? LEAST_WAIT_MS, LEAST_WAIT_MS);
  if (own !== undefined) return started + own;
  const deadline = deadlines.length >= enough ? median(deadlines) : Math.max(0, ...deadlines);
  return started + Math.max(LEAST_WAIT_MS, SHARE * deadline);
}

/** The updates of one shape, and the rest: that of `like`, or the shape that most have. */
export function splitByShape<T>(held: readonly Held<T>[], like?: Held<T>): { same: Held<T>[]; other: Held<T>[] } {
  const groups = new Map<string, Held<T>[]>();
  for (const one of held) {
    const shape = JSON.stringify(one.header.tensors);
    groups.set(shape, [...(groups.get(shape) ?? []), one]);
  }
  const most = [...groups.values()].reduce((most, group) => (group.length > most.length ? group : most), []);
  const same = like ? (groups.get(JSON.stringify(like.header.tensors)) ?? []) : most;
  return { same, other: held.filter((one) => !same.includes(one)) };
}
