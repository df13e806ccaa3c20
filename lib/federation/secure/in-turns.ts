/** Work in small steps, between which others have their turn. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** So long the event loop is held at most, but for the last step, in ms. */
const TURN_MS = 5;

/** Rejects with what a step throws. */
export async function inTurns<T>(work: Iterator<unknown, T>): Promise<T> {
  let began = performance.now();
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    if (performance.now() - began < TURN_MS) continue;
    await nextTurn();
    began = performance.now();
  }
}
