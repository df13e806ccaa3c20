/** Who waits for an event of a board. */
import { abortError } from '../training/abort';
import { GoneError } from './asking';

export type Wanted<T> = (code: number, body: Buffer) => T | undefined;

export interface EventWaiters {
  /** Resolves with the next event that `wanted` takes; rejects with GoneError, AbortError, or what `wanted` throws. */
  next<T>(wanted: Wanted<T>, signal?: AbortSignal): Promise<T>;
  offer(code: number, body: Buffer): void;
  end(): void;
}

export function createEventWaiters(): EventWaiters {
  const waiters = new Set<{ offer(code: number, body: Buffer): void; fail(error: unknown): void }>();
  let gone = false;
  return {
    next: (wanted, signal) =>
      new Promise((resolve, reject) => {
        if (gone) return reject(new GoneError());
        if (signal?.aborted) return reject(abortError());
        const finish = (): void => {
          waiters.delete(waiter);
          signal?.removeEventListener('abort', abort);
        };
        const fail = (error: unknown): void => {
          finish();
          reject(error);
        };
        const abort = (): void => fail(abortError());
        const waiter = {
          fail,
          offer(code: number, body: Buffer): void {
            try {
              const value = wanted(code, body);
              if (value === undefined) return;
              finish();
              resolve(value);
            } catch (error) {
              fail(error);
            }
          },
        };
        waiters.add(waiter);
        signal?.addEventListener('abort', abort, { once: true });
      }),
    offer(code, body) {
      for (const waiter of [...waiters]) waiter.offer(code, body);
    },
    end() {
      gone = true;
      for (const waiter of [...waiters]) waiter.fail(new GoneError());
    },
  };
}
