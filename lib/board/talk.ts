/**
 * Requests and answers within one session. When the session ends, all that is open rejects with a GoneError, and who
 * asked asks again in the next one.
 */
import type { Clock } from '../federation/clock';
import { abortError } from '../training/abort';
import { decodeBlock } from './answers';
import type { BoardIdentity } from './board';
import { codes, readBody } from './commands';
import { StatusError } from './refusals';
import { lies, u8 } from './wire';

/** The session is over; nothing is known of what was asked last. */
export class GoneError extends Error {
  constructor() {
    super('The connection to the board was lost.');
    this.name = 'GoneError';
  }
}

/** It was lost because no answer came. */
export class SilentError extends GoneError {}

/** The next message body, of at most so many bytes; undefined: that was all. */
export type Source = (most: number) => Uint8Array | undefined;

export interface Talk {
  readonly identity: BoardIdentity;
  readonly gone: boolean;
  /** Rejects with StatusError, GoneError, AbortError; with GoneError, and ends the session, when no answer comes. */
  request(code: number, body: Uint8Array, signal?: AbortSignal): Promise<Buffer>;
  /** Sends messages that are answered only when refused, then `code` and `body`, whose answer says that all were taken. */
  stream(silent: number, source: Source, code: number, body: Uint8Array, signal?: AbortSignal): Promise<Buffer>;
  /** One request in several messages; answered after the last. */
  inParts(code: number, parts: readonly Uint8Array[], signal?: AbortSignal): Promise<Buffer>;
  /** READ from `offset` to `bytes`, block by block, each of `block()` bytes at most. */
  read(
    what: number,
    key: string,
    from: { offset: number; bytes: number },
    take: (bytes: Buffer) => void,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Nobody waits for an answer. */
  tell(code: number, body: Uint8Array): void;
  /** Resolves with the next event that `wanted` takes. */
  event<T>(wanted: (code: number, body: Buffer) => T | undefined, signal?: AbortSignal): Promise<T>;
  /** What is best for a message on this line now. */
  payload(): number;
}

export interface TalkParts {
  identity: BoardIdentity;
  clock: Clock;
  send(message: Uint8Array): void;
  /** There is more for the line to ask for. */
  poke(): void;
  /** Payload bytes of a frame that are best at present. */
  payload(): number;
  /** An event that nobody waited for as well. */
  onEvent(code: number, body: Buffer): void;
  /** The board acknowledges and does not answer: the session must end. */
  onSilent(): void;
}

export interface TalkEnd {
  talk: Talk;
  receive(message: Uint8Array): void;
  /** What the link asks for when nothing waits. */
  more(most: number): Uint8Array | undefined;
  end(): void;
}

const ANSWER_MS = 10_000;
const HEAD = 2;
/** The tag of messages whose refusal nobody wants to know. */
const NOBODY = 255;
/** An answer has the code of its request and this. */
const ANSWER = 0x80;
/** Code, tag, status and place of a block that is read. */
const BLOCK_HEAD = 7;

interface Open {
  code: number;
  /** True: more answers of this tag may follow. */
  take(status: number, body: Buffer): boolean;
  fail(error: unknown): void;
}

export function createTalk(parts: TalkParts): TalkEnd {
  const { clock, identity } = parts;
  const open = new Map<number, Open>();
  const waiters = new Set<{ offer(code: number, body: Buffer): void; fail(error: unknown): void }>();
  const streams: { tag: number; silent: number; source: Source; closing: Uint8Array }[] = [];
  let tag = 0;
  let gone = false;

  const message = (code: number, of: number, body: Uint8Array): Uint8Array => Buffer.concat([u8(code), u8(of), body]);
  const freeTag = (): number => {
    for (let k = 1; k < NOBODY; k++) {
      tag = (tag % (NOBODY - 1)) + 1;
      if (!open.has(tag)) return tag;
    }
    throw new Error(`${NOBODY - 1} requests wait for the board.`);
  };
  /** A promise that ends with the answer, the session, the signal, or after a silence of the board. */
  const ask = <T>(
    code: number,
    signal: AbortSignal | undefined,
    patience: () => boolean,
    start: (tag: number) => void,
    take: (status: number, body: Buffer) => T | undefined,
    over?: (tag: number) => void,
  ): Promise<T> =>
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
      // The tag stays taken until the answer comes: a late one must not be taken for another's.
      const abort = (): void => {
        cancel();
        over?.(mine);
        open.set(mine, { code, take: () => false, fail() {} });
        signal?.removeEventListener('abort', abort);
        reject(abortError());
      };
      const wait = (): void => {
        cancel = clock.after(ANSWER_MS, () => {
          if (patience()) return wait();
          fail(new SilentError());
          parts.onSilent();
        });
      };
      open.set(mine, {
        code,
        fail,
        take(status, body) {
          try {
            if (status !== 0)
              throw new StatusError(status, body.length === 4 ? body.readUInt32LE() : lies('sent a short refusal'));
            const value = take(status, body);
            cancel();
            if (value === undefined) wait();
            else {
              finish();
              resolve(value);
            }
            return value === undefined;
          } catch (error) {
            fail(error);
            return false;
          }
        },
      });
      signal?.addEventListener('abort', abort, { once: true });
      wait();
      start(mine);
    });
  const never = (): boolean => false;
  const dropStream = (of: number): void => {
    const at = streams.findIndex((one) => one.tag === of);
    if (at >= 0) streams.splice(at, 1);
  };

  const talk: Talk = {
    identity,
    get gone() {
      return gone;
    },
    payload: parts.payload,
    request: (code, body, signal) =>
      ask(
        code,
        signal,
        never,
        (mine) => parts.send(message(code, mine, body)),
        (_, answer) => answer,
      ),
    inParts: (code, bodies, signal) =>
      ask(
        code,
        signal,
        never,
        (mine) => {
          for (const body of bodies) parts.send(message(code, mine, body));
        },
        (_, answer) => answer,
      ),
    stream(silent, source, code, body, signal) {
      // Patience begins when the last of it has gone out.
      let busyAt = clock.now();
      const watched: Source = (most) => {
        busyAt = clock.now();
        return source(most);
      };
      return ask(
        code,
        signal,
        () => clock.now() - busyAt < ANSWER_MS,
        (mine) => {
          streams.push({ tag: mine, silent, source: watched, closing: message(code, mine, body) });
          parts.poke();
        },
        (_, answer) => answer,
        dropStream,
      );
    },
    async read(what, key, { offset, bytes }, take, signal) {
      let at = offset;
      while (at < bytes) {
        const block = parts.payload() - BLOCK_HEAD;
        await ask(
          codes.read,
          signal,
          never,
          (mine) => parts.send(message(codes.read, mine, readBody(what, key, at, bytes - at, block))),
          (_, answer) => {
            const part = decodeBlock(answer);
            if (part.offset !== at || part.bytes.length === 0 || at + part.bytes.length > bytes) {
              lies('sent another block than was asked for');
            }
            take(part.bytes);
            at += part.bytes.length;
            // On a line that has become much worse the rest is asked for in smaller blocks.
            return at === bytes || parts.payload() < block / 2 ? true : undefined;
          },
        );
      }
    },
    tell(code, body) {
      if (!gone) parts.send(message(code, NOBODY, body));
    },
    event: (wanted, signal) =>
      new Promise((resolve, reject) => {
        if (gone) return reject(new GoneError());
        if (signal?.aborted) return reject(abortError());
        const finish = (): void => {
          waiters.delete(waiter);
          signal?.removeEventListener('abort', abort);
        };
        const fail = (error: unknown): void => {
          finish();
          reject(error);
        };
        const abort = (): void => fail(abortError());
        const waiter = {
          fail,
          offer(code: number, body: Buffer): void {
            try {
              const value = wanted(code, body);
              if (value === undefined) return;
              finish();
              resolve(value);
            } catch (error) {
              fail(error);
            }
          },
        };
        waiters.add(waiter);
        signal?.addEventListener('abort', abort, { once: true });
      }),
  };

  return {
    talk,
    receive(bytes) {
      const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      if (body.length < HEAD) return;
      const [code, of] = body;
      if (of === 0) {
        for (const waiter of [...waiters]) waiter.offer(code, body.subarray(HEAD));
        parts.onEvent(code, body.subarray(HEAD));
        return;
      }
      // Late answers, and refusals of what nobody waits for.
      const asked = open.get(of);
      if (!asked || body.length < HEAD + 1) return;
      // Messages of a stream are refused under their own code.
      if (code !== (asked.code | ANSWER) && body[HEAD] === 0) return;
      if (!asked.take(body[HEAD], body.subarray(HEAD + 1)) && open.get(of) === asked) open.delete(of);
    },
    more(most) {
      const first = streams.at(0);
      if (!first) return undefined;
      const body = first.source(most - HEAD);
      if (body) return message(first.silent, first.tag, body);
      streams.shift();
      return first.closing;
    },
    end() {
      gone = true;
      streams.length = 0;
      for (const one of [...open.values()]) one.fail(new GoneError());
      for (const one of [...waiters]) one.fail(new GoneError());
    },
  };
}
