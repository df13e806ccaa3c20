/**
 * Requests and answers within one session. When the session ends, all that is open rejects with a GoneError, and who
 * asked asks again in the next one.
 */
import type { Clock } from '../federation/clock';
import { decodeBlock } from './answers';
import { ANSWER_MS, createAsking, NOBODY } from './asking';
import type { BoardIdentity } from './board';
import { codes, readBody } from './commands';
import { createEventWaiters, type Wanted } from './event-waiters';
import { lies, u8 } from './wire';

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
  event<T>(wanted: Wanted<T>, signal?: AbortSignal): Promise<T>;
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

const HEAD = 2;
/** Code, tag, status and place of a block that is read. */
const BLOCK_HEAD = 7;

export function createTalk(parts: TalkParts): TalkEnd {
  const { clock, identity } = parts;
  const { ask, answered, end } = createAsking(clock, parts.onSilent);
  const waiters = createEventWaiters();
  const streams: { tag: number; silent: number; source: Source; closing: Uint8Array }[] = [];
  let gone = false;

  const message = (code: number, tag: number, body: Uint8Array): Uint8Array => Buffer.concat([u8(code), u8(tag), body]);
  const inParts = (code: number, bodies: readonly Uint8Array[], signal?: AbortSignal): Promise<Buffer> =>
    ask({
      code,
      signal,
      start(tag) {
        for (const body of bodies) parts.send(message(code, tag, body));
      },
      take: (answer) => answer,
    });

  const talk: Talk = {
    identity,
    get gone() {
      return gone;
    },
    payload: parts.payload,
    request: (code, body, signal) => inParts(code, [body], signal),
    inParts,
    stream(silent, source, code, body, signal) {
      // Patience begins when the last of it has gone out.
      let busyAt = clock.now();
      const watched: Source = (most) => {
        busyAt = clock.now();
        return source(most);
      };
      return ask({
        code,
        signal,
        start(tag) {
          streams.push({ tag, silent, source: watched, closing: message(code, tag, body) });
          parts.poke();
        },
        take: (answer) => answer,
        patience: () => clock.now() - busyAt < ANSWER_MS,
        over(tag) {
          const at = streams.findIndex((one) => one.tag === tag);
          if (at >= 0) streams.splice(at, 1);
        },
      });
    },
    async read(what, key, { offset, bytes }, take, signal) {
      let at = offset;
      while (at < bytes) {
        const block = parts.payload() - BLOCK_HEAD;
        await ask({
          code: codes.read,
          signal,
          start: (tag) => parts.send(message(codes.read, tag, readBody(what, key, at, bytes - at, block))),
          take(answer) {
            const part = decodeBlock(answer);
            if (part.offset !== at || part.bytes.length === 0 || at + part.bytes.length > bytes) {
              lies('sent another block than was asked for');
            }
            take(part.bytes);
            at += part.bytes.length;
            // On a line that has become much worse the rest is asked for in smaller blocks.
            return at === bytes || parts.payload() < block / 2 ? true : undefined;
          },
        });
      }
    },
    tell(code, body) {
      if (!gone) parts.send(message(code, NOBODY, body));
    },
    event: waiters.next,
  };

  return {
    talk,
    receive(bytes) {
      const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      if (body.length < HEAD) return;
      const [code, tag] = body;
      if (tag !== 0) return answered(code, tag, body.subarray(HEAD));
      waiters.offer(code, body.subarray(HEAD));
      parts.onEvent(code, body.subarray(HEAD));
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
      end();
      waiters.end();
    },
  };
}
