/** Requests that wait for their answers, by tag: each ends with its answer, the session, a signal, or a silence of the board. */
import type { Clock } from '../federation/clock';
import { abortError } from '../training/abort';
import { StatusError } from './refusals';
import { lies } from './wire';

/** The session is over; nothing is known of what was asked last. */
export class GoneError extends Error {
  constructor() {
    super('The connection to the board was lost.');
    this.name = 'GoneError';
  }
}

/** It was lost because no answer came. */
export class SilentError extends GoneError {}

export interface Question<T> {
  code: number;
  signal?: AbortSignal;
  /** Sends it under this tag. */
  start(tag: number): void;
  /** The body of an answer that is ok; undefined: more of them follow. */
  take(body: Buffer): T | undefined;
  /** Whether to go on waiting when nothing has come for ANSWER_MS; absent: no. */
  patience?(): boolean;
  /** However it ended. */
  over?(tag: number): void;
}

export interface Asking {
  /** Rejects with StatusError, GoneError, AbortError, or what `take` throws. */
  ask<T>(question: Question<T>): Promise<T>;
  answered(code: number, tag: number, body: Buffer): void;
  end(): void;
}

export const ANSWER_MS = 10_000;
/** The tag of messages whose refusal nobody wants to know. */
export const NOBODY = 255;
/** An answer has the code of its request and this. */
const ANSWER = 0x80;

interface Open {
  code: number;
  /** True: more answers of this tag may follow. */
  take(status: number, body: Buffer): boolean;
  fail(error: unknown): void;
}

/** `onSilent`: the board acknowledges and does not answer. */
export function createAsking(clock: Clock, onSilent: () => void): Asking {
  const open = new Map<number, Open>();
  let tag = 0;
  let gone = false;

  const freeTag = (): number => {
    for (let k = 1; k < NOBODY; k++) {
      tag = (tag % (NOBODY - 1)) + 1;
      if (!open.has(tag)) return tag;
    }
    throw new Error(`${NOBODY - 1} requests wait for the board.`);
  };
  return {
    ask: ({ code, signal, start, take, patience, over }) =>
      new Promise((resolve, reject) => {
        if (gone) return reject(new GoneError());
        if (signal?.aborted) return reject(abortError());
        const mine = freeTag();
        let cancel = (): void => {};
        const finish = (): void => {
          cancel();
          open.delete(mine);
          signal?.removeEventListener('abort', abort);
          over?.(mine);
        };
        const fail = (error: unknown): void => {
          finish();
          reject(error);
        };
        const abort = (): void => {
          fail(abortError());
          // The tag stays taken until the answer comes: a late one must not be taken for another's.
          open.set(mine, { code, take: () => false, fail() {} });
        };
        const wait = (): void => {
          cancel = clock.after(ANSWER_MS, () => {
            if (patience?.()) return wait();
            fail(new SilentError());
            onSilent();
          });
        };
        open.set(mine, {
          code,
          fail,
          take(status, body) {
            try {
              if (status !== 0) {
                throw new StatusError(status, body.length === 4 ? body.readUInt32LE() : lies('sent a short refusal'));
              }
              const value = take(body);
              cancel();
              if (value === undefined) {
                wait();
                return true;
              }
              finish();
              resolve(value);
            } catch (error) {
              fail(error);
            }
            return false;
          },
        });
        signal?.addEventListener('abort', abort, { once: true });
        wait();
        start(mine);
      }),
    answered(code, of, body) {
      const asked = open.get(of);
      // Late answers, and refusals of what nobody waits for.
      if (!asked || body.length < 1) return;
      // Messages of a stream are refused under their own code.
      if (code !== (asked.code | ANSWER) && body[0] === 0) return;
      if (!asked.take(body[0], body.subarray(1)) && open.get(of) === asked) open.delete(of);
    },
    end() {
      gone = true;
      for (const one of [...open.values()]) one.fail(new GoneError());
    },
  };
}
