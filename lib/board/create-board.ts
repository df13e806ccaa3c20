/** A board that is brought to where it should be, whatever happens to the line: see board.ts for what it promises. */
import { setMaxListeners } from 'node:events';
import { type Clock, systemClock } from '../federation/clock';
import { RefusedError } from '../refused';
import { decodeEvent, NO_KEY } from './answers';
import { GoneError } from './asking';
import type { Board, BoardJob, BoardParts, Fit, JobWatch } from './board';
import { clearBody, codes, labelBody, predictBody, readingsBody, resetBody } from './commands';
import { createConnection } from './connection';
import { fitOfWanted, memoryRefusal } from './fit';
import { createJobRun } from './job';
import { startOf, updateOf } from './job-results';
import { evaluateRows, readStatistics } from './measures';
import { createPersistence } from './persist';
import { refusalOfStatus, StatusError, statuses } from './refusals';
import { channelsOf } from './sensing';
import type { Talk } from './talk';
import { checkVersion, type Work } from './train-body';
import { createUpkeep, roomFor, type Wanted } from './upkeep';
import { frozenOf, keyOf, wantedModel, wantedVector, wantedWeights } from './wanted';
import { float32s, lies } from './wire';

const EMPTY = new Uint8Array(0);
const MESSAGE_HEAD = 2;
const COUNT_MS = 500;

/** The parts that tests replace. */
export interface BoardRuntime {
  clock?: Clock;
  /** A number for each session, not 0. */
  newSession?(): number;
}

export function createBoard(parts: BoardParts & BoardRuntime): Board {
  const { bank, sensing, clock = systemClock } = parts;
  const wanted: Wanted = { bank, sensing };
  const rows = { held: 0, capacity: 0 };
  const closing = new AbortController();
  // Each thing that waits for the board listens to it.
  setMaxListeners(0, closing.signal);
  let boot: number | undefined;
  let restoring = false;
  let counting: (() => void) | undefined;
  let labelling: Promise<void> | undefined;
  /** A session in which the wanted weights are in use. */
  let inUse: Talk | undefined;

  const upkeep = createUpkeep(wanted, (talk, status) => {
    if (wanted.weights && status.weights === keyOf(wanted.weights)) inUse = talk;
    tellRows(status.rowsHeld, status.capacity);
  });
  const tellRows = (held: number, capacity: number): void => {
    if (held === rows.held && capacity === rows.capacity) return;
    rows.held = held;
    rows.capacity = capacity;
    parts.onEvent?.({ event: 'rows', held, capacity });
  };
  const connection = createConnection({
    openLine: parts.openLine,
    id: parts.id,
    clock,
    newSession: parts.newSession,
    onState: (state) => parts.onState?.(state),
    onTalk(talk) {
      const { identity } = talk;
      if (boot !== undefined && identity.boot !== boot) parts.onEvent?.({ event: 'reset', reason: identity.reset });
      boot = identity.boot;
      persistence.began(talk);
      restore();
    },
    onEvent(code, body) {
      try {
        const event = decodeEvent(code, body);
        if (!event) return;
        if (event.event === 'window') countRows();
        parts.onEvent?.(event);
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        parts.onEvent?.({ event: 'log', level: 'error', text });
      }
    },
  });
  const persistence = createPersistence(
    () => connection.talk,
    () => upkeep.doubt(),
  );

  /** The board tells of a window only when the line has room: how many rows it holds now is asked a little later. */
  const countRows = (): void => {
    counting ??= clock.after(COUNT_MS, () => {
      counting = undefined;
      const { talk } = connection;
      if (talk) upkeep.ask(talk, closing.signal).catch(() => {});
    });
  };
  /** Nothing that nobody waits for goes on. */
  const settle = async (talk: Talk, signal: AbortSignal): Promise<void> => {
    const { state } = await upkeep.status(talk, signal);
    if (state !== 'trains' && state !== 'evaluates') return;
    await talk.request(codes.abort, EMPTY, signal);
    upkeep.doubt();
  };
  const loaded = async (talk: Talk, signal: AbortSignal): Promise<void> => {
    await settle(talk, signal);
    await upkeep.model(talk, signal);
    await upkeep.sensing(talk, signal);
  };
  const untilOf = (signal: AbortSignal | undefined): AbortSignal =>
    signal ? AbortSignal.any([signal, closing.signal]) : closing.signal;
  const alone = <T>(signal: AbortSignal | undefined, work: (talk: Talk, signal: AbortSignal) => Promise<T>) => {
    const until = untilOf(signal);
    return persistence.alone((talk) => work(talk, until), until);
  };
  const beside = <T>(signal: AbortSignal | undefined, work: (talk: Talk, signal: AbortSignal) => Promise<T>) => {
    const until = untilOf(signal);
    return persistence.beside((talk) => work(talk, until), until);
  };

  /** After each new session, when nobody asks for more. What is refused is told to whom asks next. */
  const restore = (): void => {
    if (restoring) return;
    restoring = true;
    alone(undefined, async (talk, signal) => {
      restoring = false;
      if (!wanted.model) return void (await upkeep.status(talk, signal));
      await loaded(talk, signal);
      await upkeep.weights(talk, signal);
      await upkeep.rows(talk, signal);
    }).catch(() => {});
  };

  /** Until the newest weights are in use, when there are any. */
  const weightsInUse = async (talk: Talk, signal: AbortSignal): Promise<void> => {
    if (!wanted.weights || inUse === talk) return;
    await alone(signal, async (now, until) => {
      await loaded(now, until);
      await upkeep.weights(now, until);
    });
  };
  const simply = (code: number, body: Uint8Array): Promise<void> =>
    alone(undefined, async (talk, signal) => {
      await settle(talk, signal);
      await talk.request(code, body, signal);
      upkeep.doubt();
    });
  const work = async (job: BoardJob, what: Work, { signal: asked, onProgress }: JobWatch) => {
    const { model } = wanted;
    if (!model) throw refusalOfStatus(statuses.noModel, 0);
    if (!/^[0-9a-f]{16}$/.test(job.key) || job.key === NO_KEY) {
      throw new RefusedError('job', 'The key of a job has 16 hexadecimal digits, not all 0.');
    }
    if (what === 'train' && job.options.maxSteps === 0)
      throw new RefusedError('job', 'A board trains for 1 step at least.');
    const { control, anchor } = job;
    const vectors = [control && wantedVector(model, control), anchor && wantedVector(model, anchor)] as const;
    const signal = untilOf(asked);
    const prepare = async (talk: Talk): Promise<number> => {
      await loaded(talk, signal);
      await upkeep.weights(talk, signal);
      await upkeep.vectors(talk, vectors, signal);
      return upkeep.rows(talk, signal);
    };
    const { key, options, bits } = job;
    const frozen = frozenOf(model.model.layout, job.trainable);
    const request = { key, options, bits, work: what, vectors, frozen };
    const run = createJobRun(model, request, upkeep, { signal, onProgress, prepare, growing: !bank });
    try {
      return { model, ended: await persistence.alone((talk) => run.go(talk), signal) };
    } catch (error) {
      if (signal.aborted) connection.talk?.tell(codes.abort, EMPTY);
      throw error;
    }
  };

  return {
    get state() {
      return connection.state;
    },
    get figures() {
      return connection.figures;
    },
    get rows() {
      return { ...rows };
    },
    use(model, signal) {
      return alone(signal, async (talk, until): Promise<Fit> => {
        const next = wantedModel(model, roomFor(model, bank));
        const { arenaBytes, engines, protocol } = talk.identity;
        checkVersion(protocol, model.vectors !== undefined);
        const fit = fitOfWanted(next, arenaBytes);
        parts.onEvent?.({ event: 'fit', ...fit });
        // Another engine for the backbone needs other memory: then only the board knows.
        if (!fit.fits && !(next.backbone && engines.includes('tflm'))) throw memoryRefusal(model, fit);
        await settle(talk, until);
        if (wanted.model?.load.key !== next.load.key) wanted.weights = undefined;
        wanted.model = next;
        const { neededBytes } = await upkeep.load(talk, until);
        await upkeep.sensing(talk, until);
        return { ...fit, neededBytes, fits: true };
      });
    },
    commit(weights, normalisation, signal) {
      return alone(signal, async (talk, until) => {
        if (!wanted.model) throw refusalOfStatus(statuses.noModel, 0);
        wanted.weights = wantedWeights(wanted.model, weights, normalisation);
        await loaded(talk, until);
        await upkeep.weights(talk, until);
      });
    },
    bankChanged(signal) {
      if (!bank || !wanted.model) return Promise.resolve();
      return alone(signal, async (talk, until) => {
        await loaded(talk, until);
        await upkeep.rows(talk, until);
      });
    },
    statistics(signal) {
      return alone(signal, async (talk, until) => {
        await loaded(talk, until);
        await upkeep.rows(talk, until);
        upkeep.doubt();
        return readStatistics(talk, await upkeep.status(talk, until), wanted.model?.inputs ?? 0, until);
      });
    },
    async train(job, watch) {
      const { model, ended } = await work(job, 'train', watch);
      return updateOf(ended, model.model.layout, job.bits);
    },
    async measure({ gradient, ...job }, watch) {
      const { ended } = await work({ ...job, bits: 0 }, gradient ? 'start-gradient' : 'start-loss', watch);
      return startOf(ended, gradient);
    },
    predict(features, signal) {
      return beside(signal, async (talk, until) => {
        await weightsInUse(talk, until);
        const wide = Math.floor((talk.payload() - MESSAGE_HEAD - 2) / 4);
        const bodies = [];
        for (let at = 0; at < features.length; at += wide) {
          bodies.push(predictBody(at, features.subarray(at, at + wide)));
        }
        const outputs = float32s(await talk.inParts(codes.predict, bodies, until));
        if (wanted.model && outputs.length !== wanted.model.outputs) lies(`gives ${outputs.length} outputs`);
        return outputs;
      });
    },
    evaluate(signal) {
      return alone(signal, async (talk, until) => {
        await loaded(talk, until);
        await upkeep.weights(talk, until);
        await upkeep.rows(talk, until);
        const { rows, loss, hits } = await evaluateRows(talk, until);
        return { rows, loss, hits };
      });
    },
    readings(values) {
      const { talk } = connection;
      if (!talk || !sensing) return;
      countRows();
      const channels = channelsOf(sensing);
      const most = Math.floor((talk.payload() - MESSAGE_HEAD) / 4 / channels) * channels;
      for (let at = 0; most > 0 && at < values.length; at += most) {
        talk.tell(codes.readings, readingsBody(values.subarray(at, at + most)));
      }
    },
    async label(which, classIndex) {
      if (which === 'next') wanted.label = classIndex;
      const { talk } = connection;
      try {
        // At once: readings that are given behind it must come behind it.
        if (talk && which === 'next') return await upkeep.label(talk, closing.signal);
        if (talk) {
          await talk.request(codes.label, labelBody('last', classIndex), closing.signal);
          countRows();
          return;
        }
      } catch (error) {
        if (error instanceof StatusError) throw refusalOfStatus(error.status, error.detail);
        if (!(error instanceof GoneError)) throw error;
      }
      if (which === 'last') {
        throw new RefusedError('board-away', 'The board is away: nobody knows whether its last window has this label.');
      }
      // One that waits takes the newest with it.
      labelling ??= beside(undefined, upkeep.label).finally(() => {
        labelling = undefined;
      });
      return labelling;
    },
    clearRows: () => simply(codes.clear, clearBody(0)),
    save: () => simply(codes.save, EMPTY),
    forget: () => simply(codes.forget, EMPTY),
    restart() {
      let before: number | undefined;
      return beside(undefined, async (talk, until) => {
        before ??= talk.identity.boot;
        // It does not answer: it greets as one that has started anew.
        if (talk.identity.boot === before) await talk.request(codes.reset, resetBody(true), until);
      });
    },
    async close() {
      closing.abort();
      counting?.();
      persistence.close();
      await connection.close();
    },
  };
}
