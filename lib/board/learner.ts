/**
 * A board as the learner of a participant: it is given the model and the work of a round, trains on the rows that it
 * holds, and its update is checked before it goes on. One thing at a time is asked of it.
 */
import { randomUUID } from 'node:crypto';
import { labelCountsOf } from '../data/label-counts';
import { type Clock, systemClock } from '../federation/clock';
import type { FederatedModel } from '../federation/federated-model';
import {
  type GlobalModel,
  type Learner,
  type LearningControl,
  type LearningTask,
  type LocalUpdate,
  learningMetrics,
  type News,
} from '../federation/learner';
import { defaultOptions } from '../federation/options';
import { inputSize, refuseConsensus } from '../model';
import { RefusedError } from '../refused';
import type { SampleBlock } from '../training/engine';
import type { Board, BoardJob, BoardModel, BoardState } from './board';
import { checkUpdate } from './check-update';
import { type Need, needOfNews, needOfTask } from './need';
import { createPresence } from './presence';
import { createTaskWork } from './task-work';

/** How long somebody in front of it waits for a prediction. */
const ANSWER_MS = 10_000;

export interface BoardLearnerParts {
  board: Board;
  model: FederatedModel & Pick<BoardModel, 'backbone' | 'rows'>;
  /** Of its updates: float32, or quantised on the board. */
  bits: BoardJob['bits'];
  /** The rows that the board is to hold; absent: it fills them itself. */
  bank?: { readonly count: number; readonly seen: number; block(): SampleBlock; statistics(): Float64Array };
  /** True while more rows come at once: it counts as having none then, so that runs can be repeated. */
  filling?(): boolean;
  /** The model is on the board. */
  onLoaded?(): void;
  /** Its obstacle or its count may be another one. */
  onChange?(): void;
  /** What went wrong while nobody waited for an answer. */
  onTrouble?(error: unknown): void;
  clock?: Clock;
}

export interface BoardLearner extends Learner {
  /** The model in use on the board; undefined: none yet. */
  readonly inUse: GlobalModel | undefined;
  /** To be called with each state of the board. The model is brought to it when it is there. */
  stateChanged(state: BoardState): void;
  /** The rows in the bank have changed: they are brought to the board. */
  rowsChanged(): void;
  /** Outputs for one row. Rejects with RefusedError 'no-weights', 'board-away'. */
  predict(features: Float32Array, signal: AbortSignal): Promise<Float32Array>;
  /** The last window had this class; undefined: none. */
  labelLast(classIndex: number | undefined, signal: AbortSignal): Promise<void>;
  evaluate(signal: AbortSignal): Promise<{ rows: number; loss: number; hits: number }>;
  /** Drops all rows on the board, and what its flash holds. */
  forget(signal: AbortSignal): Promise<void>;
  /** Into the flash, once the newest model is in use. */
  save(signal: AbortSignal): Promise<void>;
  restart(signal: AbortSignal): Promise<void>;
  close(): void;
}

const { batchSize, optimizer } = defaultOptions.training;

/** Throws RefusedError 'consensus' without a network. */
export function boardLearner(parts: BoardLearnerParts): BoardLearner {
  const { board, model, bits, bank, clock = systemClock } = parts;
  refuseConsensus(model.spec);
  const closing = new AbortController();
  const presence = createPresence(() => parts.onChange?.(), clock);
  /** Of the rounds as they were last asked for. */
  let need: Need = { training: { batchSize, optimizer } };
  let loaded = false;
  let trouble: RefusedError | undefined;
  let inUse: GlobalModel | undefined;
  /** Names rows that only the board knows. */
  let rowsName = randomUUID();
  let last: Promise<unknown> = Promise.resolve();
  let hearing: AbortController | undefined;
  /** Ends when the model that was heard of last is in use. */
  let heard: Promise<unknown> = Promise.resolve();
  let bringing: Promise<void> | undefined;
  let bringAgain = false;

  const work = createTaskWork({ board, model, bank, rowsName: () => `${rowsName} ${board.rows.held}` });

  const inOrder = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
  const background = (work: Promise<unknown>, signal: AbortSignal): void => {
    work.catch((error: unknown) => {
      if (!signal.aborted && !closing.signal.aborted) parts.onTrouble?.(error);
    });
  };

  const load = async (signal: AbortSignal): Promise<void> => {
    try {
      await board.use({ ...model, ...need }, signal);
      const isNew = !loaded || trouble !== undefined;
      trouble = undefined;
      loaded = true;
      if (isNew) parts.onLoaded?.();
    } catch (error) {
      if (error instanceof RefusedError && !signal.aborted) trouble = error;
      throw error;
    }
  };
  const commit = async (newest: GlobalModel, signal: AbortSignal): Promise<void> => {
    const { weights, normalisation, round, threshold } = newest;
    await load(signal);
    await board.commit(weights, normalisation, signal);
    inUse = { weights, normalisation, round, ...(threshold === undefined ? {} : { threshold }) };
  };

  /** Model, weights and rows are on the board. */
  const prepare = async (task: LearningTask, signal: AbortSignal): Promise<void> => {
    need = needOfTask(need, task);
    await commit(task, signal);
    if (bank) await board.bankChanged(signal);
  };
  const learn = async (task: LearningTask, control: LearningControl): Promise<LocalUpdate> => {
    const { signal, onProgress } = control;
    await prepare(task, signal);
    const seen = bank?.seen;
    const rows = bank?.count ?? 0;
    const { loss, gradient = false } = task.atStart ?? {};
    const start = loss || gradient ? await work.measure(task, gradient, { signal, onProgress: () => {} }) : undefined;
    const own = task.control || start?.gradient ? 0 : bits;
    const update = await work.train(task, own, { signal, onProgress });
    const unchanged = bank !== undefined && bank.seen === seen;
    const most = Math.max(board.rows.capacity, rows);
    checkUpdate(update, {
      layout: model.layout,
      bits: own,
      rows: unchanged ? { least: rows, most: rows } : { least: 1, most },
    });
    const { payload, codecs, samples } = update;
    const metrics = learningMetrics({ ...update, startLoss: start?.loss });
    const startGradient = start?.gradient;
    return { payload, codecs, samples, metrics, ...(startGradient && { startGradient }) };
  };

  const stopHearing = (): void => {
    hearing?.abort();
    hearing = undefined;
  };
  /** The model that came last, when the board is done with what it is at. */
  const hear = (newest: GlobalModel | undefined, news?: News): void => {
    stopHearing();
    if (news) need = needOfNews(need, news);
    const mine = new AbortController();
    hearing = mine;
    const signal = AbortSignal.any([mine.signal, closing.signal]);
    const follow = async (): Promise<void> => {
      signal.throwIfAborted();
      try {
        await (newest ? commit(newest, signal) : load(signal));
      } finally {
        if (hearing === mine) hearing = undefined;
      }
      parts.onChange?.();
      rowsChanged();
    };
    const done = inOrder(follow);
    heard = done.catch(() => undefined);
    background(done, mine.signal);
  };

  const bring = async (): Promise<void> => {
    do {
      bringAgain = false;
      await board.bankChanged(closing.signal);
    } while (bringAgain);
  };
  const forgetFlash = async (): Promise<void> => {
    try {
      await board.forget();
    } catch (error) {
      // There was nothing to forget.
      if (!(error instanceof RefusedError && error.code === 'board-storage')) throw error;
    }
  };
  const rowsChanged = (): void => {
    if (!bank || !loaded) return;
    bringAgain = true;
    bringing ??= bring().finally(() => {
      bringing = undefined;
    });
    background(bringing, closing.signal);
  };
  const asked = <T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    if (presence.obstacle !== undefined) return Promise.reject(new RefusedError('board-away', presence.obstacle));
    return presence.whileThere({ signal, deadlineMs: ANSWER_MS }, work);
  };

  return {
    get count() {
      if (parts.filling?.()) return 0;
      return bank ? bank.count : board.rows.held;
    },
    get obstacle() {
      return trouble?.message ?? presence.obstacle ?? (loaded ? undefined : 'The model is on its way to the board.');
    },
    get inUse() {
      return inUse;
    },
    statistics(patience) {
      // The same sums, to the bit, as the board would make of the same rows; but what a backbone makes of them only it knows.
      if (bank && !model.backbone) return bank.statistics();
      return presence.whileThere(patience, (signal) =>
        inOrder(async () => {
          await load(signal);
          if (bank) await board.bankChanged(signal);
          const sums = await board.statistics(signal);
          const width = inputSize(model.spec);
          if (sums.length !== 1 + 2 * width || !sums.every(Number.isFinite) || sums[0] < 1) {
            throw new RefusedError('board-lies', 'The board told sums that no rows could give: they were not sent.');
          }
          return sums;
        }),
      );
    },
    // What a board that fills its rows itself holds of each class only it knows.
    labelCounts: (classes) => bank && labelCountsOf(bank.block(), classes),
    learn(task, control) {
      stopHearing();
      return presence.whileThere(control, (signal) => inOrder(() => learn(task, { ...control, signal })));
    },
    lossOf(task, patience) {
      stopHearing();
      return presence.whileThere(patience, (signal) =>
        inOrder(async () => {
          await prepare(task, signal);
          const start = await work.measure(task, false, { signal, onProgress: () => {} });
          return start.loss;
        }),
      );
    },
    hear,
    stateChanged(state) {
      presence.stateChanged(state);
      if (state.state === 'ready' && (!loaded || trouble) && !hearing) hear(undefined);
    },
    rowsChanged,
    predict(features, signal) {
      return asked(signal, async (until) => {
        await heard;
        if (inUse) return board.predict(features, until);
        throw new RefusedError('no-weights', 'The board has no model yet: let the aggregator send one first.');
      });
    },
    labelLast: (classIndex, signal) =>
      asked(signal, (until) =>
        inOrder(async () => {
          await board.label('last', classIndex);
          // So that its rows are counted anew.
          await load(until);
        }),
      ),
    evaluate: (signal) => asked(signal, (until) => inOrder(() => board.evaluate(until))),
    forget: (signal) =>
      asked(signal, (until) =>
        inOrder(async () => {
          rowsName = randomUUID();
          if (bank) await board.bankChanged(until);
          else await board.clearRows();
          await forgetFlash();
          await load(until);
        }),
      ),
    save: (signal) => asked(signal, () => inOrder(() => board.save())),
    restart: (signal) => asked(signal, () => board.restart()),
    close() {
      closing.abort();
      stopHearing();
      presence.close();
    },
  };
}
