/** One listener for the end of a deploy for each Node-RED, however many nodes wait: an emitter warns of more than ten. */
import type { EventEmitter } from 'node:events';
import { type Red, runtimeKey } from './red';

const waiting = new WeakMap<EventEmitter, Set<() => void>>();

/** Calls `work` once, when the deploy under way has made all its nodes. Returns what takes it back. */
export function onceStarted(RED: Red, work: () => void): () => void {
  const events = runtimeKey(RED);
  let callbacks = waiting.get(events);
  if (!callbacks) {
    const set = new Set<() => void>();
    waiting.set(events, set);
    callbacks = set;
    events.on('flows:started', () => {
      const now = [...set];
      set.clear();
      for (const callback of now) callback();
    });
  }
  const set = callbacks;
  set.add(work);
  return () => set.delete(work);
}
