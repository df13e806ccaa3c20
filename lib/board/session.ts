/**
 * One session over one line: greets until the board answers, keeps the link going, and notices when nothing is heard any
 * more. The line may carry anything; what is no frame of this session is dropped.
 */
import type { Clock } from '../federation/clock';
import type { BoardIdentity } from './board';
import { createFrameReader, encodeFrame, FRAMING, type Frame, frameBytes, kinds } from './frame';
import type { FrameSize } from './frame-size';
import { decodeWelcome, encodeHello, HOST_PAYLOAD, HOST_SLOTS } from './greeting';
import { createLink, type Link } from './link';

export type SessionEnd =
  /** Nothing was heard for a while. */
  | { end: 'silent' }
  /** The board does not know this session any more: it has started anew, or somebody else greeted it. */
  | { end: 'lost' }
  /** A frame did not get through, however often it was sent. */
  | { end: 'worn' }
  /** It speaks other versions of the protocol. */
  | { end: 'version'; lowest: number; highest: number };

export interface SessionParts {
  clock: Clock;
  write(bytes: Uint8Array): void;
  bytesPerSecond?: number;
  /** Random, not 0. */
  session: number;
  /** What is known of the line. */
  size: FrameSize;
  onReady(identity: BoardIdentity): void;
  onMessage(message: Uint8Array): void;
  /** Once. Not after close(). */
  onEnd(end: SessionEnd): void;
  /** The next message when none waits. */
  more?(most: number): Uint8Array | undefined;
}

export interface Session {
  receive(chunk: Uint8Array): void;
  /** Before onReady it is lost. */
  send(message: Uint8Array): void;
  /** There is more to ask `more` for. */
  poke(): void;
  /** Tells the board that it is over. */
  close(): void;
  readonly damaged: number;
  readonly again: number;
  readonly roundTripMs: number | undefined;
  /** Something was heard that is no frame of ours. */
  readonly babble: boolean;
}

const GREET_MS = 250;
const GREETINGS = 8;
const LATER_MS = 1000;
const HEARTBEAT_MS = 250;
const SILENCE_MS = 3000;
/** A timer that comes so much too late says that this side did not listen. */
const LATE_MS = 500;
const PAUSE_MS = 100;
const ZERO = Uint8Array.of(0);
const MOST_TRIES = 24;
/** No timer is finer: rounding must not make one that is always a little too early. */
const TICK_MS = 0.05;

export function createSession(parts: SessionParts): Session {
  const { clock, session, size } = parts;
  const reader = createFrameReader(HOST_PAYLOAD);
  const nothing = new Uint8Array(0);
  let link: Link | undefined;
  let ended = false;
  let greetings = 0;
  let heardAt = clock.now();
  let heardBytes = 0;
  let foreign = false;
  let cancel = (): void => {};
  let wroteAt = Number.NEGATIVE_INFINITY;
  let due = Number.POSITIVE_INFINITY;
  let polling = false;

  const bare = (kind: number, payload: Uint8Array): Uint8Array =>
    encodeFrame({ kind, ping: false, session, seq: 0, ack: 0, sack: 0, credit: 0, payload });
  const stop = (): void => {
    ended = true;
    cancel();
  };
  const end = (why: SessionEnd): void => {
    if (ended) return;
    stop();
    parts.onEnd(why);
  };
  const wake = (at: number): void => {
    cancel();
    due = at;
    if (!ended) cancel = clock.after(Math.max(TICK_MS, at - clock.now()), poll);
  };
  const write = (frames: readonly Uint8Array[]): void => {
    if (frames.length === 0) return;
    const now = clock.now();
    // After a silence a zero in front ends what noise began, so that the first frame is not taken for its rest.
    parts.write(Buffer.concat(now - wroteAt > PAUSE_MS ? [ZERO, ...frames] : frames));
    wroteAt = now;
  };
  const greet = (): void => {
    greetings += 1;
    write([bare(kinds.hello, encodeHello())]);
    wake(clock.now() + (greetings < GREETINGS ? GREET_MS : LATER_MS));
  };
  const poll = (): void => {
    // A call from within a call is served by the outer one.
    if (ended || polling) return;
    const now = clock.now();
    if (now > due + LATE_MS) heardAt = now;
    if (!link) greet();
    else if (now - heardAt >= SILENCE_MS) end({ end: 'silent' });
    else if (link.tries > MOST_TRIES) end({ end: 'worn' });
    else turn(link, now);
  };
  const turn = (link: Link, now: number): void => {
    polling = true;
    const { bytes, next } = link.poll(now);
    write(bytes);
    polling = false;
    wake(Math.min(next, heardAt + SILENCE_MS));
  };
  const welcome = (frame: Frame): void => {
    if (link) return;
    const said = decodeWelcome(frame.payload);
    if (!said) return;
    if (!('id' in said)) {
      end({ end: 'version', ...said });
      return;
    }
    link = createLink({
      session,
      credit: said.slots,
      ring: said.ringBytes,
      // Two frames at least fit what the board can hold: one is under way while the other is answered.
      maxPayload: Math.min(said.maxPayload, Math.floor(said.ringBytes / 2) - frameBytes(0), HOST_PAYLOAD),
      slots: HOST_SLOTS,
      size,
      more: parts.more,
      bytesPerSecond: parts.bytesPerSecond,
      heartbeatMs: HEARTBEAT_MS,
    });
    parts.onReady(said);
  };
  const hear = (frame: Frame, bytes: number): void => {
    if (frame.kind >>> 4 !== FRAMING) {
      foreign = true;
      return;
    }
    if (frame.session !== session) return;
    heardAt = clock.now();
    if (frame.kind === kinds.welcome) welcome(frame);
    else if (frame.kind === kinds.lost || frame.kind === kinds.bye) end({ end: 'lost' });
    else if (link && (frame.kind === kinds.data || frame.kind === kinds.ack)) {
      size.came(bytes);
      for (const message of link.receive(frame, clock.now())) if (!ended) parts.onMessage(message);
    }
  };

  greet();
  return {
    receive(chunk) {
      if (ended) return;
      heardBytes += chunk.length;
      const before = reader.damaged;
      for (const { frame, bytes } of reader.read(chunk)) if (!ended) hear(frame, bytes);
      if (ended) return;
      if (link) for (let k = before; k < reader.damaged; k++) size.lost(frameBytes(size.payload(HOST_PAYLOAD)));
      if (link) poll();
    },
    send(message) {
      link?.send(message);
      poll();
    },
    poke: () => {
      if (link) poll();
    },
    close() {
      if (ended) return;
      if (link) write([bare(kinds.bye, nothing)]);
      stop();
    },
    get damaged() {
      return reader.damaged;
    },
    get again() {
      return link?.again ?? 0;
    },
    get roundTripMs() {
      return link?.roundTripMs;
    },
    get babble() {
      return foreign || (heardBytes > 0 && !link);
    },
  };
}
