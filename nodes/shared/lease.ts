/**
 * Things that all nodes of one Node-RED share: opened when the first node asks, closed a little after the last one let
 * go (so that a redeploy, which closes every node and opens it again, does not throw the workers away).
 */
import type { EventEmitter } from 'node:events';
import { type Red, runtimeKey } from './red';

const LINGER_MS = 2000;

export interface Lease<T> {
  /** The shared thing, opened by the first call. Rejects once the node has closed. */
  get(): Promise<T>;
}

interface Shared<T> {
  holders: number;
  opened?: Promise<T>;
  linger?: NodeJS.Timeout;
}

/**
 * Makes the function by which nodes take a lease on one kind of thing. A lease ends with the signal of the node's close, and
 * by nothing else: what is closed while it still opens, or fails on its way, keeps nothing open.
 */
export function sharedResource<T>(open: (RED: Red) => T | Promise<T>, close: (thing: T) => void | Promise<void>) {
  const runtimes = new WeakMap<EventEmitter, Shared<T>>();
  return function lease(RED: Red, closing: AbortSignal): Lease<T> {
    const key = runtimeKey(RED);
    const shared = runtimes.get(key) ?? { holders: 0 };
    runtimes.set(key, shared);
    const release = (): void => {
      shared.holders--;
      if (shared.holders > 0 || !shared.opened) return;
      shared.linger = setTimeout(() => {
        const opened = shared.opened;
        shared.opened = undefined;
        opened?.then(close).catch(() => {});
      }, LINGER_MS);
      shared.linger.unref();
    };
    if (!closing.aborted) {
      shared.holders++;
      clearTimeout(shared.linger);
      closing.addEventListener('abort', release, { once: true });
    }
    return {
      get() {
        if (closing.aborted) return Promise.reject(new Error('The node that asks was closed.'));
        shared.opened ??= (async () => open(RED))();
        const opened = shared.opened;
        // What failed to open may succeed the next time.
        opened.catch(() => {
          if (shared.opened === opened) shared.opened = undefined;
        });
        return opened;
      },
    };
  };
}
