/** A board that is no board: it trains in this process, and tests make it go away, come back and lie. */
import type {
  Board,
  BoardIdentity,
  BoardModel,
  BoardParts,
  BoardState,
  BoardUpdate,
  Fit,
} from '../../../lib/board/board';
import { BOARD_CODEC } from '../../../lib/board/check-update';
import { memoryRefusal } from '../../../lib/board/fit';
import { statisticsOf } from '../../../lib/data/normalisation';
import type { SampleBank } from '../../../lib/data/sample-bank';
import { tensorSizes } from '../../../lib/federation/federated-model';
import { inputSize } from '../../../lib/model';
import { createCoreEngine } from '../../../lib/training/core/engine';
import type { Normalisation } from '../../../lib/training/engine';
import { applyCodec } from '../../../lib/update/codecs/registry';
import { vectorPayload } from '../../../lib/update/vector';

export interface FakeBoard extends Board {
  /** What was asked of it, in order. */
  readonly asked: string[];
  /** The keys of the jobs. */
  readonly keys: string[];
  say(state: BoardState): void;
  /** The models that it was asked to load. */
  readonly loaded: BoardModel[];
  /** Models that do not fit. */
  full(refuses: (model: BoardModel) => boolean): void;
  /** Changes the updates that it gives. */
  lie(change: (update: BoardUpdate) => BoardUpdate): void;
  /** Trainings wait until this is called; call it first. */
  hold(): () => void;
}

export const identity: BoardIdentity = {
  id: 'a'.repeat(32),
  name: 'Fake board',
  firmware: '0.1',
  protocol: 1,
  boot: 1,
  reset: 'power',
  arenaBytes: 100_000,
  maxLayers: 16,
  maxPayload: 1008,
  slots: 8,
  ringBytes: 8192,
  engines: ['core'],
  sensors: ['host'],
};

const never = (signal?: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason));
  });

export function fakeBoard({ bank, onState }: Pick<BoardParts, 'onState'> & { bank: SampleBank }): FakeBoard {
  const engine = createCoreEngine();
  const asked: string[] = [];
  const keys: string[] = [];
  let state: BoardState = { state: 'greeting' };
  let model: Parameters<Board['use']>[0] | undefined;
  let weights: Float32Array | undefined;
  let normalisation: Normalisation | undefined;
  let change = (update: BoardUpdate): BoardUpdate => update;
  let held: Promise<void> | undefined;
  const loaded: BoardModel[] = [];
  let refuses = (_: BoardModel): boolean => false;
  const fit: Fit = { neededBytes: 1000, arenaBytes: identity.arenaBytes, mostRows: 500, fits: true };
  const there = (what: string, signal?: AbortSignal): Promise<unknown> => {
    asked.push(what);
    return state.state === 'ready' ? Promise.resolve() : never(signal);
  };
  const used = (): NonNullable<typeof model> => {
    if (!model) throw new Error('no model');
    return model;
  };
  return {
    asked,
    keys,
    loaded,
    full(which) {
      refuses = which;
    },
    say(next) {
      state = next;
      onState?.(next);
    },
    lie(next) {
      change = next;
    },
    hold() {
      let release = (): void => {};
      held = new Promise((resolve) => {
        release = resolve;
      });
      return () => {
        held = undefined;
        release();
      };
    },
    get state() {
      return state;
    },
    figures: { bytesOut: 0, bytesIn: 0, framesAgain: 0, framesDamaged: 0, sessions: 1, frameBytes: 1008 },
    get rows() {
      return { held: bank.count, capacity: 500 };
    },
    async use(wanted, signal) {
      await there('use', signal);
      loaded.push(wanted);
      if (refuses(wanted)) throw memoryRefusal(wanted, { ...fit, neededBytes: fit.arenaBytes + 1000 });
      model = wanted;
      return fit;
    },
    async commit(of, scale, signal) {
      await there('commit', signal);
      weights = of.slice();
      normalisation = scale;
    },
    async bankChanged(signal) {
      await there('rows', signal);
    },
    async statistics(signal) {
      await there('statistics', signal);
      return statisticsOf(bank.block(), inputSize(used().spec));
    },
    async train({ key, options, bits, control, anchor, trainable }, { signal }) {
      await there('train', signal);
      keys.push(key);
      if (held) await Promise.race([held, never(signal)]);
      if (state.state !== 'ready') await never(signal);
      const { spec, layout } = used();
      const from = weights ?? new Float32Array(layout.size);
      const samples = bank.block();
      const more = { control, anchor, trainable };
      const result = await engine.train({ spec, weights: from, samples, normalisation, options, ...more });
      const local = vectorPayload(result.weights.map((value, i) => value - from[i]));
      const { payload, codecs } = bits === 8 ? quantised(local, tensorSizes(layout)) : { payload: local, codecs: [] };
      const { steps, loss, firstLoss, durationMs } = result;
      return change({ payload, codecs, samples: bank.count, steps, loss, firstLoss, durationMs });
    },
    async measure({ key, options, gradient }, { signal }) {
      await there('measure', signal);
      keys.push(key);
      const { spec, layout } = used();
      const from = weights ?? new Float32Array(layout.size);
      const atStart = { loss: true, gradient };
      const job = { spec, weights: from, samples: bank.block(), normalisation, options, atStart };
      const { startLoss = Number.NaN, startGradient } = await engine.train(job);
      return { samples: bank.count, loss: startLoss, gradient: startGradient };
    },
    async predict(features, signal) {
      await there('predict', signal);
      const { spec, layout } = used();
      const job = { spec, weights: weights ?? new Float32Array(layout.size), features, count: 1, normalisation };
      return (await engine.predict(job)).outputs;
    },
    async evaluate(signal) {
      await there('evaluate', signal);
      return { rows: bank.count, loss: 0.5, hits: 1 };
    },
    readings() {},
    async label() {},
    async clearRows() {},
    async save() {
      await there('save');
    },
    async forget() {},
    async restart() {},
    async close() {},
  };
}

function quantised(payload: Buffer, tensors: ReturnType<typeof tensorSizes>) {
  const { name, ...parameters } = BOARD_CODEC;
  return applyCodec({ fl: { codecs: [], tensors }, payload }, name, parameters);
}
