/**
 * Counts what a node refused, by code, and says which refusals still go to the log and the Catch node: of each code a
 * few in a short time, so that a hostile sender cannot flood the log of the user.
 */
import { diskTrouble } from '../../lib/state/disk-trouble';
import { RefusedError } from '../../lib/update/message';

const BURST = 20;
const WINDOW_MS = 10_000;

/** An error whose text is the sentence alone, without a class name or a stack. */
export class Sentence extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = '';
    this.code = code;
    delete this.stack;
  }
}

/** Whatever was thrown, as one sentence with a stable code. */
export function sentenceOf(thrown: unknown): Sentence {
  if (thrown instanceof Sentence) return thrown;
  const known = thrown instanceof RefusedError ? thrown : diskTrouble(thrown);
  if (known) return new Sentence(known.code, known.message);
  const message = thrown instanceof Error && thrown.message !== '' ? thrown.message : safeText(thrown);
  return new Sentence('internal', message);
}

function safeText(value: unknown): string {
  try {
    return String(value);
  } catch {
    return 'An error without a text was thrown.';
  }
}

/** Of one code, since the node started. */
export interface Told {
  code: string;
  count: number;
  /** The last of them, and how long ago (ms). */
  sentence: string;
  agoMs: number;
}

export interface Refusals {
  /** Counts it; true when it should still be reported. */
  count(refused: Pick<Sentence, 'code' | 'message'>): boolean;
  /** The newest first. */
  told(): Told[];
  /** How many of each code since the node started. */
  counts(): Record<string, number>;
  total(): number;
}

export function createRefusals(now: () => number = Date.now): Refusals {
  const codes = new Map<string, { count: number; since: number; inWindow: number; at: number; sentence: string }>();
  return {
    count({ code, message }) {
      const time = now();
      const entry = codes.get(code) ?? { count: 0, since: time, inWindow: 0, at: time, sentence: message };
      codes.set(code, entry);
      Object.assign(entry, { at: time, sentence: message });
      if (time - entry.since >= WINDOW_MS) {
        entry.since = time;
        entry.inWindow = 0;
      }
      entry.count++;
      entry.inWindow++;
      return entry.inWindow <= BURST;
    },
    told: () =>
      [...codes]
        .map(([code, { count, at, sentence }]) => ({ code, count, sentence, agoMs: now() - at }))
        .sort((a, b) => a.agoMs - b.agoMs),
    counts: () => Object.fromEntries([...codes].map(([code, { count }]) => [code, count])),
    total: () => [...codes.values()].reduce((sum, { count }) => sum + count, 0),
  };
}

/**
 * The library tells refusals by a callback. What it refuses while it takes a message is thrown, so that the Catch node
 * gets the sentence together with that message; what it says at other times is reported on its own.
 */
export function collectRefusals(shell: { fail(thrown: unknown): void }) {
  let taking = false;
  let first: RefusedError | undefined;
  return {
    take(refused: RefusedError): void {
      if (!taking) shell.fail(refused);
      else first ??= refused;
    },
    during(work: () => void): void {
      taking = true;
      first = undefined;
      try {
        work();
      } finally {
        taking = false;
      }
      if (first !== undefined) throw first;
    },
  };
}
