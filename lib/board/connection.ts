/**
 * A board that is looked for without end: the line is opened again and again, sessions begin anew on it, and what answers
 * is known by its id. Something else on the line is left alone for a while, and looked at again.
 */
import { randomInt } from 'node:crypto';
import type { Clock } from '../federation/clock';
import { RefusedError } from '../refused';
import type { BoardIdentity, BoardState, Line, LineFigures, OpenLine } from './board';
import { createFrameSize } from './frame-size';
import { HIGHEST_VERSION, HOST_PAYLOAD, LOWEST_VERSION } from './greeting';
import { createSession, type Session, type SessionEnd } from './session';
import { createTalk, type Talk, type TalkEnd } from './talk';

export interface ConnectionParts {
  openLine: OpenLine;
  /** Only this board; absent: the one that greets first is kept to. */
  id?: string;
  clock: Clock;
  /** A number for each session, not 0; absent: by lot. */
  newSession?(): number;
  onState(state: BoardState): void;
  /** A session has begun. */
  onTalk(talk: Talk): void;
  onEvent(code: number, body: Buffer): void;
}

export interface Connection {
  readonly state: BoardState;
  readonly figures: LineFigures;
  /** The session that is open. */
  readonly talk: Talk | undefined;
  close(): Promise<void>;
}

/** Pauses between two openings of the line. */
const PAUSES_MS = [100, 250, 500, 1000, 2000];
/** Before something that cannot be used is looked at again. */
const REFUSED_MS = 5000;
/** Some boards start anew when they are opened; a pty's first answer can take a second. */
const GREETING_MS = 5000;
/** A board that has answered on this line before does so at once, if it is still there. */
const AGAIN_MS = 1500;

type Refusal = Extract<BoardState, { state: 'refused' }>;

const versions = ({ lowest, highest }: { lowest: number; highest: number }): string =>
  lowest === highest ? `${lowest}` : `${lowest} to ${highest}`;

export function createConnection(parts: ConnectionParts): Connection {
  const { clock, newSession = () => randomInt(1, 0x1_0000_0000) } = parts;
  const size = createFrameSize();
  const past = { bytesOut: 0, bytesIn: 0, framesAgain: 0, framesDamaged: 0, sessions: 0 };
  let wanted = parts.id;
  let state: BoardState = { state: 'absent', reason: 'The board has not been looked for yet.' };
  let line: Line | undefined;
  let session: Session | undefined;
  let end: TalkEnd | undefined;
  let failures = 0;
  /** A board has greeted on the line that is open. */
  let answered = false;
  let closed = false;
  let cancel = (): void => {};
  /** The attempt whose line events count. */
  let attempt = 0;
  let closing: Promise<unknown> = Promise.resolve();

  const tell = (next: BoardState): void => {
    const same = JSON.stringify(next) === JSON.stringify(state);
    state = next;
    if (!same && !closed) parts.onState(next);
  };
  const leaveSession = (): void => {
    if (session) {
      past.framesAgain += session.again;
      past.framesDamaged += session.damaged;
      session.close();
    }
    session = undefined;
    const ended = end;
    end = undefined;
    ended?.end();
  };
  const leaveLine = (): void => {
    cancel();
    leaveSession();
    attempt += 1;
    const old = line;
    line = undefined;
    if (old) closing = Promise.allSettled([closing, old.close()]);
  };
  const later = (pause: number): void => {
    if (closed) return;
    cancel();
    cancel = clock.after(pause, () => void open());
  };
  const absent = (reason: string): void => {
    leaveLine();
    tell({ state: 'absent', reason });
    later(PAUSES_MS[Math.min(failures++, PAUSES_MS.length - 1)]);
  };
  const refuse = (refusal: Omit<Refusal, 'state'>, pause = REFUSED_MS): void => {
    leaveLine();
    tell({ state: 'refused', ...refusal });
    later(pause);
  };
  const unanswered = (): void => {
    if (session?.babble) {
      refuse({
        code: 'no-board',
        reason: 'What is on this port does not answer as a board: choose another port, or flash the firmware.',
      });
    } else {
      absent('Nothing answers on this port: plug the board in, or flash the firmware.');
    }
  };
  const ended = (why: SessionEnd): void => {
    if (why.end === 'version') {
      const ours = versions({ lowest: LOWEST_VERSION, highest: HIGHEST_VERSION });
      refuse({
        code: 'board-protocol',
        reason: `The board speaks version ${versions(why)} of the protocol, and ${ours} is needed: flash its newest firmware.`,
      });
    } else greet();
  };
  const met = (identity: BoardIdentity): void => {
    if (wanted !== undefined && identity.id !== wanted) {
      line?.mistaken?.();
      if (line?.guess) absent('The board is not at its port any more, and not at another one either.');
      else
        refuse({
          code: 'other-board',
          reason: `Another board (${identity.name}, ${identity.id.slice(0, 8)}) is on this port: plug the old one in, or choose this one.`,
        });
      return;
    }
    const speaker = session;
    if (!speaker) return;
    cancel();
    wanted = identity.id;
    answered = true;
    failures = 0;
    end = createTalk({
      identity,
      clock,
      send: (message) => speaker.send(message),
      poke: () => speaker.poke(),
      payload: () => size.payload(Math.min(identity.maxPayload, HOST_PAYLOAD)),
      onEvent: parts.onEvent,
      onSilent: () => greet(),
    });
    tell({ state: 'ready', identity });
    parts.onTalk(end.talk);
  };
  /** Begins a session on the line that is open. */
  const greet = (): void => {
    const open = line;
    if (!open) return;
    leaveSession();
    cancel();
    // What was refused stays so until it has shown itself to be another one.
    if (state.state !== 'refused') tell({ state: 'greeting' });
    cancel = clock.after(answered ? AGAIN_MS : GREETING_MS, unanswered);
    past.sessions += 1;
    session = createSession({
      clock,
      size,
      session: newSession(),
      bytesPerSecond: open.bytesPerSecond,
      write(bytes) {
        past.bytesOut += bytes.length;
        open.write(bytes);
      },
      onReady: met,
      onMessage: (message) => end?.receive(message),
      more: (most) => end?.more(most),
      onEnd: ended,
    });
  };
  const open = async (): Promise<void> => {
    const mine = ++attempt;
    const ours = (): boolean => mine === attempt && !closed;
    try {
      const opened = await parts.openLine(
        {
          bytes(chunk) {
            if (!ours()) return;
            past.bytesIn += chunk.length;
            session?.receive(chunk);
          },
          closed: (reason) => ours() && absent(reason),
        },
        wanted,
      );
      if (!ours()) {
        closing = Promise.allSettled([closing, opened.close()]);
        return;
      }
      line = opened;
      answered = false;
      greet();
    } catch (error) {
      if (!ours()) return;
      const message = error instanceof Error ? error.message : String(error);
      // What is not there may be there in a moment; a module or a free port will not.
      if (error instanceof RefusedError && error.code !== 'no-port') refuse({ code: error.code, reason: message });
      else absent(message);
    }
  };

  later(0);
  return {
    get state() {
      return state;
    },
    get talk() {
      return end?.talk;
    },
    get figures() {
      const live = { again: session?.again ?? 0, damaged: session?.damaged ?? 0 };
      return {
        ...past,
        framesAgain: past.framesAgain + live.again,
        framesDamaged: past.framesDamaged + live.damaged,
        roundTripMs: session?.roundTripMs,
        frameBytes: size.payload(HOST_PAYLOAD),
      };
    },
    async close() {
      if (closed) return;
      closed = true;
      leaveLine();
      await closing;
    },
  };
}
