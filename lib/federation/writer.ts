/** Writes a federation down. What a round has made counts once it is written; versions without rounds are written at a pace. */
import type { KeptRound, Learned } from './checkpoint';
import type { Clock } from './clock';
import type { Keeper } from './keeper';

export interface WriterParts {
  keeper: Pick<Keeper, 'write'>;
  clock: Clock;
  /** As it is now. */
  current(): { kept: KeptRound; learned: Learned };
  /** Runs in the federation's own order, also when it has just been closed. */
  inOrder(task: () => void): void;
  /** Told when the state cannot be written and nobody waits for it. */
  onError(error: unknown): void;
}

export interface Writer {
  /**
   * Begins at once to make what is next, and writes it. Then one of the two is called: what is on the disk counts, also when the end
   * came in between.
   */
  save<M extends { next: Learned; kept: KeptRound }>(
    make: () => M | Promise<M>,
    done: (made: M) => void,
    failed: (error: unknown) => void,
  ): void;
  /** Writes what is; what is being saved comes first, as it may be newer. */
  persist(): void;
  /**
   * Writes what is, at most once in `everyMs`: asked for again meanwhile, it is written again. `done` gets what is on the disk
   * now. A disk that fails is tried again.
   */
  keep(everyMs: number, done: (learned: Learned, kept: KeptRound) => void): void;
  /** Nothing waits for its time any more; resolves when all is written. */
  close(): Promise<void>;
}

/** A disk that failed is left alone for so long, in ms. */
const RETRY_MS = 1000;

export function createWriter({ keeper, clock, current, inOrder, onError }: WriterParts): Writer {
  let saving: Promise<void> | undefined;
  let stale = false;
  const writes = new Set<Promise<void>>();
  // Of keep().
  let wanted: (() => void) | undefined;
  let keeping = false;
  let cancel: (() => void) | undefined;
  let notBefore = Number.NEGATIVE_INFINITY;

  const track = (write: Promise<void>): void => {
    const tracked = write.finally(() => writes.delete(tracked));
    writes.add(tracked);
  };

  const persist = (): void => {
    stale = saving !== undefined;
    if (stale) return;
    const { kept, learned } = current();
    track(keeper.write(kept, learned).catch(onError));
  };

  const keepNow = (everyMs: number, done: (learned: Learned, kept: KeptRound) => void): void => {
    wanted = undefined;
    cancel = undefined;
    keeping = true;
    const { kept, learned } = current();
    track(
      keeper.write(kept, learned).then(
        () => {
          keeping = false;
          notBefore = clock.now() + everyMs;
          inOrder(() => done(learned, kept));
          wanted?.();
        },
        (error: unknown) => {
          keeping = false;
          notBefore = clock.now() + RETRY_MS;
          onError(error);
          keep(everyMs, done);
        },
      ),
    );
  };

  const keep: Writer['keep'] = (everyMs, done) => {
    const again = (): void => keep(everyMs, done);
    if (keeping || cancel) {
      wanted = again;
      return;
    }
    const wait = notBefore - clock.now();
    if (wait <= 0) {
      keepNow(everyMs, done);
      return;
    }
    wanted = again;
    cancel = clock.after(wait, () => keepNow(everyMs, done));
  };

  return {
    save(make, done, failed) {
      const finish = (then: () => void): void => {
        saving = undefined;
        inOrder(() => {
          then();
          if (stale && !saving) persist();
        });
      };
      const work = async () => {
        const made = await make();
        await keeper.write(made.kept, made.next);
        return made;
      };
      saving = work().then(
        (made) => finish(() => done(made)),
        (error: unknown) => finish(() => failed(error)),
      );
    },
    persist,
    keep,
    async close() {
      cancel?.();
      cancel = undefined;
      // What waits for its time is written now: nothing comes later.
      if (wanted && !keeping) persist();
      wanted = undefined;
      while (saving || writes.size > 0) await Promise.all([saving, ...writes]);
    },
  };
}
