import { type SampleBank, sampleBank } from '../../lib/data/sample-bank';
import { samplesFrom, shapeOf } from '../../lib/data/sample-input';
import { inputSize, targetWidth } from '../../lib/model/shapes';
import { RefusedError } from '../../lib/refused';
import { createEmbedding, type Embedding } from '../shared/embedding';
import { type GlobalModel, isKind, receiveModel } from '../shared/global-model';
import { figures, mainFigure, positiveIndex } from '../shared/measure';
import { findModel, type Model, whenModelChosen } from '../shared/model';
import { createPasses } from '../shared/passes';
import { leasePool } from '../shared/pool';
import type { FlowMessage, FlowNode, Red, Send, Settings } from '../shared/red';
import { choice, number, text } from '../shared/settings';
import { createShell } from '../shared/shell';
import { watchEvaluator } from '../shared/watched';
import { anomalySamples } from './anomaly-truth';
import { createComparison } from './comparison';
import { measureRobust, robustnessOptions } from './robustness';

/** Samples have stopped coming for so long: a model that waited for them is measured. */
const QUIET_MS = 400;
/** Models side by side. */
const MOST_MODELS = 1000;

interface Waiting {
  global: GlobalModel;
  msg: FlowMessage;
  send: Send;
  finish: () => void;
}

async function readOptions(RED: Red, settings: Settings, embeddingOf: (model: Model) => Embedding | undefined) {
  const model = await findModel(RED, settings.model);
  return {
    model,
    embedding: embeddingOf(model),
    federation: text(settings, 'federation'),
    everything: choice(settings, 'use', ['test', 'everything'], 'test') === 'everything',
    limit: number(settings, 'limit', 20000, { min: 1, max: 1e6, integer: true }),
    every: number(settings, 'every', 1, { min: 1, max: 1e5, integer: true }),
    positive: positiveIndex(model.spec, text(settings, 'positive')),
    anomaly: text(settings, 'positive'),
    samplesPerDay: number(settings, 'samplesPerDay', 0, { min: 0, max: 1e12 }),
    robustness: robustnessOptions(settings, model.spec),
  };
}

const bankFor = (model: Model, capacity: number): SampleBank => {
  const { task } = model.spec;
  const targets = task === 'anomaly' ? 1 : shapeOf(model.spec, targetWidth(model.spec)).targetWidth;
  return sampleBank({ width: inputSize(model.spec), targetWidth: targets, capacity, eviction: 'oldest' });
};

export = (RED: Red): void => {
  function FlEvaluate(this: FlowNode, settings: Settings): void {
    RED.nodes.createNode(this, settings);
    const shell = createShell(RED, this);
    const pool = leasePool(RED, shell.closing);
    const passes = createPasses();
    let bank: SampleBank | undefined;
    /** The newest models not yet measured: the federation's under '', personal ones under their client. */
    const waiting = new Map<string, Waiting>();
    const last = new Map<string, GlobalModel>();
    const compared = createComparison();
    const watched = watchEvaluator(RED, this, shell.closing);
    let busy = false;
    let skipped = 0;
    let cancelQuiet = (): void => {};

    const options = readOptions(RED, settings, (model) => createEmbedding(model, pool, shell.closing));
    const ready = options.then(({ model, limit }) => {
      bank = bankFor(model, limit);
      if (!busy) shell.status.waiting('status.waitingSamples');
    });
    whenModelChosen(shell, settings, () => ready);
    ready.catch(() => {});

    const drop = (key: string): void => {
      waiting.get(key)?.finish();
      waiting.delete(key);
    };

    async function measure({ global, msg, send }: Waiting): Promise<void> {
      const { model, positive, samplesPerDay, robustness } = await options;
      const samples = bank?.block();
      if (!samples) return;
      shell.status.working('status.measuring', { round: global.trained });
      const { spec, engine } = model;
      const { weights, normalisation, threshold } = global;
      const started = performance.now();
      const { outputs } = await (await pool.get()).predict(
        { spec, weights, features: samples.features, count: samples.count, normalisation },
        { signal: shell.closing, engine },
      );
      const evaluation = figures(spec, samples, outputs, normalisation, positive, {
        threshold,
        samplesPerDay: samplesPerDay > 0 ? samplesPerDay : undefined,
      });
      const robust = robustness && {
        robustness: await measureRobust(await pool.get(), model, global, samples, robustness, shell.closing),
      };
      const { key, value } = mainFigure(evaluation);
      const beside = compared.add(global, evaluation);
      const ofAll =
        global.personal === undefined ? undefined : beside.global?.[key === 'reconstruction' ? 'rmse' : key];
      if (ofAll === undefined) shell.status.ready(`status.${key}`, { value });
      else shell.status.ready('status.both', { own: value, all: ofAll.toPrecision(3) });
      delete msg.fl;
      msg.topic = 'fl/evaluation';
      const durationMs = Math.round(performance.now() - started);
      const { federation, trained: round, personal: client } = global;
      const owner = client === undefined ? {} : { client };
      if (client === undefined) watched.take(federation, { round, figure: key, value: Number(value) });
      msg.payload = { federation, round, ...owner, ...evaluation, ...beside, ...robust, skipped, durationMs };
      skipped = 0;
      send(msg);
    }

    async function measureAll(): Promise<void> {
      if (busy) return;
      busy = true;
      try {
        while (waiting.size > 0 && bank && bank.count > 0 && !shell.closing.aborted) {
          const [[key, current]] = waiting;
          waiting.delete(key);
          try {
            await measure(current);
          } catch (thrown) {
            shell.fail(thrown, current.msg);
          }
          current.finish();
        }
      } finally {
        busy = false;
      }
      if (waiting.size > 0 && bank?.count === 0) {
        shell.status.waiting('status.waitingSamples');
        // They go on waiting for samples, but their messages are done: only the models are kept.
        for (const { finish } of waiting.values()) finish();
      }
    }

    async function takeModel(msg: FlowMessage, send: Send): Promise<void> {
      const { model, federation, every } = await options;
      const global = receiveModel(msg, model, federation);
      if (!global) return;
      const key = global.personal ?? '';
      const before = last.get(key);
      const again = before?.federation === global.federation && before.trained === global.trained;
      if (again && before.payload.equals(global.payload)) return;
      if (!last.has(key) && last.size >= MOST_MODELS) {
        throw new RefusedError(
          'many-owners',
          `More than ${MOST_MODELS} personal models come here: use several fl-evaluate.`,
        );
      }
      last.set(key, global);
      if (global.trained % every !== 0 && !global.final) return;
      if (waiting.has(key)) skipped++;
      drop(key);
      await new Promise<void>((finish) => {
        waiting.set(key, { global, msg, send, finish });
        shell.background(measureAll);
      });
    }

    async function takeSamples(msg: FlowMessage): Promise<void> {
      const { model, embedding, everything, anomaly } = await options;
      if (!bank) return;
      if (isKind(msg, 'samples') && msg.fl.split === 'train' && !everything) return;
      const { spec } = model;
      const block =
        spec.task === 'anomaly'
          ? anomalySamples(msg, spec, anomaly)
          : samplesFrom(msg, shapeOf(spec, targetWidth(spec)));
      const samples = embedding ? await embedding.embed(block) : block;
      const admission = passes.admit(isKind(msg, 'samples') ? msg.fl : undefined, bank.count > 0);
      if (admission === 'skip') return;
      if (admission === 'replace') bank.clear();
      bank.add(samples);
      if (!busy && last.size === 0) shell.status.waiting('status.waitingModel');
      cancelQuiet();
      // Many blocks make one set: a model that waits is measured once they have come.
      if (waiting.size > 0) cancelQuiet = shell.after(QUIET_MS, measureAll);
    }

    shell.onInput(async (msg, send) => {
      if (isKind(msg, 'model')) return takeModel(msg, send);
      if (msg.topic === 'clear' && msg.fl === undefined) {
        const { embedding } = await options;
        if (embedding) await embedding.settled();
        bank?.clear();
        shell.status.waiting('status.waitingSamples');
        return;
      }
      // What else the aggregator says to its participants is not for this node.
      if (msg.fl !== undefined && !isKind(msg, 'samples')) return;
      return takeSamples(msg);
    });
    shell.onClose(() => {
      for (const key of [...waiting.keys()]) drop(key);
    });
  }
  RED.nodes.registerType('fl-evaluate', FlEvaluate);
};
