/**
 * The link: from frames that are lost, doubled or damaged to messages that come once and in order, as a machine without a
 * clock of its own. Only frames that are known to be lost are sent again: a line keeps order, so a frame is lost when one
 * that was sent later has been acknowledged.
 */
import { encodeFrame, type Frame, kinds } from './frame';
import { createReceiver } from './link-in';
import { createSender, type SenderOptions } from './link-out';
import { onLine } from './sequence';

export interface LinkOptions extends SenderOptions {
  session: number;
  /** Receive slots of this side. */
  slots: number;
  /** Ask for an answer after so long a silence of this side; absent: never. */
  heartbeatMs?: number;
}

export interface Link {
  send(message: Uint8Array): void;
  /** The messages that this frame brings, in order. */
  receive(frame: Frame, now: number): Uint8Array[];
  /** What to write now, and when to ask again if nothing comes. */
  poll(now: number): { bytes: Uint8Array[]; next: number };
  readonly again: number;
  readonly roundTripMs: number | undefined;
  readonly tries: number;
}

/** So far ahead of the line bytes are handed over: timers are not exact. */
const AHEAD_MS = 8;

export function createLink(options: LinkOptions): Link {
  const { session, bytesPerSecond, heartbeatMs = Number.POSITIVE_INFINITY } = options;
  const sender = createSender(options);
  const receiver = createReceiver(options.slots);
  let lineFreeAt = Number.NEGATIVE_INFINITY;
  let spokeAt = Number.NEGATIVE_INFINITY;

  const frame = (kind: number, seq: number, ping: boolean, payload: Uint8Array): Uint8Array =>
    encodeFrame({ kind, ping, session, seq: onLine(seq), ...receiver.tell(), payload });
  const nothing = new Uint8Array(0);

  return {
    send: (message) => sender.send(message),
    receive(heard, now) {
      sender.heard(heard, now);
      const messages = heard.kind === kinds.data ? receiver.take(heard, now) : [];
      if (heard.ping) receiver.askAt(now);
      return messages;
    },
    poll(now) {
      const bytes: Uint8Array[] = [];
      const write = (encoded: Uint8Array): void => {
        bytes.push(encoded);
        spokeAt = now;
        if (bytesPerSecond) lineFreeAt = Math.max(lineFreeAt, now) + (1000 * encoded.length) / bytesPerSecond;
      };
      if (spokeAt === Number.NEGATIVE_INFINITY) spokeAt = now;
      while (now >= lineFreeAt - AHEAD_MS) {
        const one = sender.next(now);
        if (!one) break;
        write(frame(kinds.data, one.seq, one.ping, one.message));
        if (bytesPerSecond) sender.departs(one.seq, lineFreeAt);
      }
      if (receiver.dueAt() <= now) write(frame(kinds.ack, sender.nextSeq, false, nothing));
      if (now - spokeAt >= heartbeatMs) write(frame(kinds.ack, sender.nextSeq, true, nothing));
      const free = lineFreeAt - AHEAD_MS;
      const next = Math.min(
        free > now ? free : Number.POSITIVE_INFINITY,
        Math.max(sender.timeoutAt(), free),
        receiver.dueAt(),
        spokeAt + heartbeatMs,
      );
      return { bytes, next };
    },
    get again() {
      return sender.again;
    },
    get roundTripMs() {
      return sender.roundTripMs;
    },
    get tries() {
      return sender.tries;
    },
  };
}
