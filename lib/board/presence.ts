/**
 * Whether a board is there, and how long others should wait for one that is not: a reset or a loose cable is over in a
 * moment, and what is gone for longer keeps a whole round waiting.
 */
import { type Clock, systemClock } from '../federation/clock';
import type { Patience } from '../federation/learner';
import { RefusedError } from '../refused';
import type { BoardState } from './board';

/** A Nano 33 BLE is back on the bus, greeted and loaded well within this time after a reset. */
export const AWAY_MS = 5000;

/** Of a timer of Node.js: 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

export interface Presence {
  /** A sentence while the board is refused, or has been away for AWAY_MS, or has never been there. */
  readonly obstacle: string | undefined;
  /** To be called with each new state of the board. */
  stateChanged(state: BoardState): void;
  /**
   * Runs `work`; its signal is aborted, and this rejects with RefusedError 'board-away', when the board has been away for
   * AWAY_MS, or is away when the deadline passes, or with the reason when it is refused.
   */
  whileThere<T>(patience: Patience, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  close(): void;
}

/** `onChange`: the obstacle is another one. */
export function createPresence(onChange: () => void, clock: Clock = systemClock): Presence {
  let state: BoardState = { state: 'greeting' };
  let met = false;
  let away = false;
  let timer: (() => void) | undefined;
  const leavers = new Set<(why: RefusedError) => void>();

  const reason = (): string => {
    if (state.state === 'refused') return state.reason;
    const why = state.state === 'absent' && state.reason !== '' ? `: ${state.reason}` : '.';
    return met ? `The board is away${why}` : `The board has not answered yet${why}`;
  };
  const leave = (): void => {
    const why = new RefusedError(state.state === 'refused' ? state.code : 'board-away', reason());
    for (const leaver of [...leavers]) leaver(why);
  };
  const gone = (): void => {
    away = true;
    leave();
    onChange();
  };
  return {
    get obstacle() {
      return state.state === 'refused' || away || !met ? reason() : undefined;
    },
    stateChanged(next) {
      const before = state.state;
      state = next;
      if (next.state === 'ready') {
        timer?.();
        timer = undefined;
        away = false;
        met = true;
      } else if (next.state === 'refused') {
        leave();
      } else if (before === 'ready' || timer === undefined) {
        timer ??= clock.after(AWAY_MS, gone);
      }
      onChange();
    },
    async whileThere({ signal, deadlineMs }, work) {
      const stop = new AbortController();
      const stopped = (): void => stop.abort(signal.reason);
      const leaver = (why: RefusedError): void => stop.abort(why);
      // Work that nobody waits for has the deadline Infinity.
      const late = clock.after(Math.min(deadlineMs, LONGEST_MS), () => {
        if (state.state !== 'ready') leaver(new RefusedError('board-away', reason()));
      });
      signal.addEventListener('abort', stopped, { once: true });
      leavers.add(leaver);
      try {
        signal.throwIfAborted();
        return await work(stop.signal);
      } catch (error) {
        throw stop.signal.aborted ? stop.signal.reason : error;
      } finally {
        late();
        leavers.delete(leaver);
        signal.removeEventListener('abort', stopped);
      }
    },
    close() {
      timer?.();
      leave();
    },
  };
}
