/** Work of many in small steps: one after the other, and between them whatever else the event loop has to do. */
import { setImmediate as nextTurn } from 'node:timers/promises';

export interface Turns {
  /** After what was given before. Rejects with what a step throws. */
  run<T>(work: Iterator<unknown, T>): Promise<T>;
}

/** So long the event loop is held at a time, but for the last step, in ms. */
const TURN_MS = 5;

/** Those who share one are together no longer than one alone: clients of one process agree on masks at the same time. */
export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  let began = Number.NEGATIVE_INFINITY;

  const finish = async <T>(work: Iterator<unknown, T>): Promise<T> => {
    for (;;) {
      if (performance.now() - began >= TURN_MS) {
        await nextTurn();
        began = performance.now();
      }
      const step = work.next();
      if (step.done) return step.value;
    }
  };

  return {
    run(work) {
      const mine = last.then(() => finish(work));
      last = mine.catch(() => {});
      return mine;
    },
  };
}
