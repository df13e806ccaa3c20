/** One thing after the other is done with a board, each as often as it takes: a lost session is no reason to give up. */
import { RefusedError } from '../refused';
import { abortError } from '../training/abort';
import { GoneError, SilentError } from './asking';
import { refusalOfStatus, StatusError, statuses } from './refusals';
import type { Talk } from './talk';

export interface Persistence {
  /** The session that is open, or the next one. Rejects with AbortError. */
  ready(signal?: AbortSignal): Promise<Talk>;
  /** Does `work` alone, again in each new session until it ends. Rejects with RefusedError or AbortError. */
  alone<T>(work: (talk: Talk) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Does `work` beside what else is done. */
  beside<T>(work: (talk: Talk) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** To be called with each new session. */
  began(talk: Talk): void;
  close(): void;
}

/** After these the board is asked anew what it has, and is brought to where it should be. */
const passing: readonly number[] = [
  statuses.noModel,
  statuses.noWeights,
  statuses.busy,
  statuses.wrongPlace,
  statuses.badHash,
  statuses.noTransfer,
  statuses.noResult,
  statuses.changed,
];
const MOST_FAILURES = 3;

export function createPersistence(current: () => Talk | undefined, onDoubt: () => void): Persistence {
  const waiting = new Set<(talk: Talk | undefined) => void>();
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;

  /** Ends early with the signal. */
  const until = <T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
    if (!signal) return promise;
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(abortError());
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort, { once: true });
      promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    });
  };
  const ready = (signal?: AbortSignal): Promise<Talk> => {
    const now = current();
    if (closed || signal?.aborted) return Promise.reject(abortError());
    if (now && !now.gone) return Promise.resolve(now);
    return new Promise((resolve, reject) => {
      const finish = (talk: Talk | undefined): void => {
        waiting.delete(finish);
        signal?.removeEventListener('abort', abort);
        if (talk) resolve(talk);
        else reject(abortError());
      };
      const abort = (): void => finish(undefined);
      waiting.add(finish);
      signal?.addEventListener('abort', abort, { once: true });
    });
  };
  const beside = async <T>(work: (talk: Talk) => Promise<T>, signal?: AbortSignal): Promise<T> => {
    let refusals = 0;
    let silences = 0;
    for (;;) {
      const talk = await ready(signal);
      try {
        return await work(talk);
      } catch (error) {
        if (error instanceof SilentError && ++silences < MOST_FAILURES) continue;
        if (error instanceof SilentError) {
          throw new RefusedError('board-silent', 'The board does not answer what it is asked: restart it.');
        }
        if (error instanceof GoneError) continue;
        onDoubt();
        if (!(error instanceof StatusError)) throw error;
        if (!passing.includes(error.status) || ++refusals >= MOST_FAILURES) {
          throw refusalOfStatus(error.status, error.detail);
        }
      }
    }
  };
  return {
    ready,
    beside,
    alone(work, signal) {
      const before = last;
      const mine = until(before, signal).then(() => beside(work, signal));
      // Whoever comes next waits for this one and, if it was stopped while it waited, for the one before.
      last = Promise.allSettled([before, mine]);
      return mine;
    },
    began(talk) {
      for (const finish of [...waiting]) finish(talk);
    },
    close() {
      closed = true;
      for (const finish of [...waiting]) finish(undefined);
    },
  };
}
