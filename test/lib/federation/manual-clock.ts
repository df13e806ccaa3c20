/** A clock that stands until it is told to go on. */
import type { Clock } from '../../../lib/federation/clock';

export interface ManualClock extends Clock {
  /** Moves on and calls what is due, in its order. */
  advance(ms: number): void;
  /** How many calls wait. */
  readonly waiting: number;
  /** Time until the next call; undefined: none waits. */
  readonly next: number | undefined;
}

export function manualClock(): ManualClock {
  let time = 0;
  const calls = new Set<{ at: number; call: () => void }>();
  const first = () => [...calls].sort((a, b) => a.at - b.at)[0];
  return {
    now: () => time,
    after(ms, call) {
      const entry = { at: time + ms, call };
      calls.add(entry);
      return () => calls.delete(entry);
    },
    advance(ms) {
      const end = time + ms;
      for (let due = first(); due && due.at <= end; due = first()) {
        calls.delete(due);
        time = due.at;
        due.call();
      }
      time = end;
    },
    get waiting() {
      return calls.size;
    },
    get next() {
      const due = first();
      return due ? due.at - time : undefined;
    },
  };
}
