/** The sending half of a link: what is out, what of it is lost, and what may go next (docs/board-protocol.md, section 2). */
import { type Frame, frameBytes } from './frame';
import type { FrameSize } from './frame-size';
import { nearest } from './sequence';

interface Sent {
  message: Uint8Array;
  bytes: number;
  /** Places in the order of all sendings: of the earliest that may have arrived, and of the last. */
  first: number;
  last: number;
  sentAt: number;
  tries: number;
  /** To be sent again. */
  lost: boolean;
}

export interface Outgoing {
  seq: number;
  message: Uint8Array;
  ping: boolean;
}

export interface SenderOptions {
  /** Receive slots of the other side. */
  credit: number;
  /** Encoded bytes that may be out. */
  ring: number;
  /** What the line carries, when it is known: then departs() is told of each frame. */
  bytesPerSecond?: number;
  size: FrameSize;
  /** The next message when none waits; at most so many bytes. */
  more?(most: number): Uint8Array | undefined;
  maxPayload: number;
}

export interface Sender {
  send(message: Uint8Array): void;
  /** What ack, sack and credit of a frame say. */
  heard(frame: Frame, now: number): void;
  /** The next frame to send, if one may be sent now. */
  next(now: number): Outgoing | undefined;
  /** When the line has carried a frame that was given out. */
  departs(seq: number, at: number): void;
  /** When the oldest frame is taken for lost; Infinity: nothing is out. */
  timeoutAt(): number;
  readonly nextSeq: number;
  readonly again: number;
  readonly roundTripMs: number | undefined;
  /** The most sendings that a frame which is still out has had. */
  readonly tries: number;
}

const FIRST_TIMEOUT = 500;
const MOST_TIMEOUT = 2000;
/** Beyond the round trip, and the time that bytes may take which are ahead of an answer. */
const MARGIN = 30;
/** Bytes a millisecond, when nobody knows better: as at 115,200 baud. */
const SLOW = 10;
/** More than this is not believed: sack tells of 32 frames. */
const MOST_CREDIT = 33;
/** Bytes of the ring that are left for frames without a message. */
const SPARE = 64;

export function createSender(options: SenderOptions): Sender {
  const { size, maxPayload } = options;
  const out = new Map<number, Sent>();
  const queue: Uint8Array[] = [];
  let base = 0;
  let nextSeq = 0;
  let limit = Math.min(options.credit, MOST_CREDIT);
  let sendings = 0;
  /** The latest sending that is known to have arrived. */
  let arrived = -1;
  let inFlight = 0;
  let progressAt = 0;
  let roundTrip: number | undefined;
  let variation = 0;
  let backoff = 1;
  let again = 0;
  /** The oldest frame timed out: it asks for an answer. */
  let probe = -1;
  const ring = Math.max(options.ring - SPARE, frameBytes(0) + 1);

  const acknowledge = (seq: number, now: number): void => {
    const sent = out.get(seq);
    if (!sent) return;
    out.delete(seq);
    if (!sent.lost) inFlight -= sent.bytes;
    size.came(sent.bytes);
    if (sent.tries === 1) {
      const took = Math.max(0, now - sent.sentAt);
      // Jacobson (1988): mean and mean deviation of the round trip.
      const before = roundTrip ?? took;
      variation += (Math.abs(took - before) - variation) / 4;
      roundTrip = before + (took - before) / 8;
    }
    if (sent.first < Number.POSITIVE_INFINITY) arrived = Math.max(arrived, sent.first);
    progressAt = now;
    backoff = 1;
  };
  const lose = (sent: Sent): void => {
    sent.lost = true;
    inFlight -= sent.bytes;
    size.lost(sent.bytes);
  };
  /** Frames that may be in some queue, or, when it is known when they left, one of the other side in front of its answer. */
  const ahead = (): number => {
    const { bytesPerSecond } = options;
    return bytesPerSecond ? (1000 * frameBytes(size.payload(maxPayload))) / bytesPerSecond : inFlight / SLOW;
  };
  const timeout = (): number => {
    const once = roundTrip === undefined ? FIRST_TIMEOUT : roundTrip + Math.max(MARGIN + ahead(), 4 * variation);
    return Math.min(MOST_TIMEOUT, once * backoff);
  };
  const oldest = (): [number, Sent] | undefined => out.entries().next().value;
  const timeoutAt = (): number => {
    const first = oldest();
    if (!first || first[1].lost) return Number.POSITIVE_INFINITY;
    return Math.max(progressAt, first[1].sentAt) + timeout();
  };
  const put = (seq: number, sent: Sent, now: number): Outgoing => {
    sent.last = sendings++;
    sent.first = Math.min(sent.first, sent.last);
    sent.sentAt = now;
    sent.tries += 1;
    sent.lost = false;
    inFlight += sent.bytes;
    const ping = probe === seq;
    if (ping) probe = -1;
    return { seq, message: sent.message, ping };
  };
  const fresh = (now: number): Outgoing | undefined => {
    if (nextSeq >= limit) return undefined;
    const most = Math.min(maxPayload, size.payload(maxPayload));
    const room = ring - inFlight;
    if (queue.length > 0 && inFlight > 0 && frameBytes(queue[0].length) > room) return undefined;
    if (queue.length === 0 && inFlight > 0 && frameBytes(most) > room) return undefined;
    const message = queue.shift() ?? options.more?.(most);
    if (!message) return undefined;
    if (message.length > maxPayload) throw new RangeError(`a message of ${message.length} bytes fits no frame`);
    const sent = {
      message,
      bytes: frameBytes(message.length),
      first: Number.POSITIVE_INFINITY,
      last: 0,
      sentAt: 0,
      tries: 0,
      lost: false,
    };
    const seq = nextSeq++;
    out.set(seq, sent);
    return put(seq, sent, now);
  };

  return {
    send: (message) => queue.push(message),
    heard(frame, now) {
      const ack = nearest(frame.ack, base);
      if (ack < base || ack > nextSeq) return;
      limit = ack + Math.min(frame.credit, MOST_CREDIT);
      for (; base < ack; base++) acknowledge(base, now);
      for (let k = 0; k < 32; k++) if ((frame.sack >>> k) & 1) acknowledge(ack + 1 + k, now);
      for (const sent of out.values()) {
        if (sent.lost || sent.last >= arrived) continue;
        lose(sent);
        // The line keeps order, so no sending of it is still under way: what is acknowledged later is the next one.
        sent.first = Number.POSITIVE_INFINITY;
      }
    },
    next(now) {
      const first = oldest();
      if (first && now >= timeoutAt()) {
        lose(first[1]);
        backoff *= 2;
        probe = first[0];
      }
      for (const [seq, sent] of out) {
        if (!sent.lost) continue;
        if (inFlight > 0 && sent.bytes > ring - inFlight) return undefined;
        again += 1;
        return put(seq, sent, now);
      }
      return fresh(now);
    },
    departs(seq, at) {
      const sent = out.get(seq);
      if (sent) sent.sentAt = at;
    },
    timeoutAt,
    get nextSeq() {
      return nextSeq;
    },
    get again() {
      return again;
    },
    get roundTripMs() {
      return roundTrip;
    },
    get tries() {
      return [...out.values()].reduce((most, { tries }) => Math.max(most, tries), 0);
    },
  };
}
