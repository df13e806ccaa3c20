/** The other end of the pool: runs in a worker thread or process, which keeps its engines between jobs. */
import { isMainThread } from 'node:worker_threads';
import * as workerpool from 'workerpool';
import { createKernels } from '../core/index';
import { publicRows } from '../distillation/public-rows';
import { exportModel } from '../export/export-model';
import { spent } from '../privacy/ledger';
import { systemNoise } from '../privacy/noise';
import { addNoiseOf } from '../privacy/noising';
import { plannedNoise } from '../privacy/plan';
import { RefusedError } from '../refused';
import { createRule } from '../robust/create-rule';
import { measureRobustness } from '../robustness/measure';
import { abortError } from './abort';
import { createEmbedder } from './backbone';
import { createCoreEngine } from './core/engine';
import type { Engine, Progress } from './engine';
import { type EngineSources, selectEngine } from './select';
import { createTfjsEngine } from './tfjs/engine';
import type { StopFlag, WorkerEvent, WorkerMethods } from './worker-protocol';

/** Shortest time between two reports of progress, in ms. */
const REPORT_EVERY = 200;

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const sources: EngineSources = {
  core: once(async (): Promise<Engine | string> => {
    try {
      return createCoreEngine();
    } catch (error) {
      return `The core engine does not start here (${error instanceof Error ? error.message : error}).`;
    }
  }),
  // Native code belongs in a process of its own, not in a thread of Node-RED.
  tfjs: once(async () => createTfjsEngine({ native: isMainThread })),
};

function checkStop(stop: StopFlag): void {
  if (Atomics.load(stop, 0) !== 0) throw abortError();
}

function reporter(stop: StopFlag): Progress {
  let last = performance.now();
  return (done, total) => {
    const now = performance.now();
    if (now - last >= REPORT_EVERY) {
      last = now;
      const event: WorkerEvent = { fraction: total > 0 ? done / total : 1 };
      workerpool.workerEmit(event);
    }
    return Atomics.load(stop, 0) === 0;
  };
}

/** Hands the vector over instead of copying it, when it has its memory for itself. */
function handOver(result: object, vector: Float32Array | Float64Array): object {
  const { buffer, byteLength } = vector;
  const own = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
  return own ? new workerpool.Transfer(result, [buffer]) : result;
}

const embed = createEmbedder();

type Handlers = { [M in keyof WorkerMethods]: (...parameters: Parameters<WorkerMethods[M]>) => Promise<object> };

const methods: Handlers = {
  async train(job, choice, stop) {
    checkStop(stop);
    const { engine } = await selectEngine(job.spec, choice, sources);
    const result = await engine.train(job, reporter(stop));
    return handOver({ ...result, engine: engine.name }, result.weights);
  },
  async predict(job, choice, stop) {
    checkStop(stop);
    const { engine } = await selectEngine(job.spec, choice, sources);
    const result = await engine.predict(job, reporter(stop));
    return handOver({ ...result, engine: engine.name }, result.outputs);
  },
  async evade(job, choice, stop) {
    checkStop(stop);
    const { engine } = await selectEngine(job.spec, choice, sources);
    const result = await engine.evade(job, reporter(stop));
    return handOver({ ...result, engine: engine.name }, result.features);
  },
  async embed(job, stop) {
    checkStop(stop);
    const result = await embed(job, reporter(stop));
    return handOver(result, result.features);
  },
  async squaredDistances(vectors, stop) {
    checkStop(stop);
    const distances = createKernels().squaredDistances(vectors);
    return handOver(distances, distances);
  },
  async robustness(job, choice, stop) {
    checkStop(stop);
    const { engine } = await selectEngine(job.spec, choice, sources);
    return measureRobustness(job, engine, await sources.core(), reporter(stop));
  },
  async combine(options, input, stop) {
    checkStop(stop);
    const rule = createRule(options);
    if (!rule) throw new RangeError('The mean needs no rule.');
    const combined = rule.combine(input, createKernels());
    return handOver(combined, combined.aggregate);
  },
  async publicRows(block, width, stop) {
    checkStop(stop);
    return publicRows(block, width);
  },
  async plannedNoise(plan, wish, stop) {
    return plannedNoise(plan, wish, () => checkStop(stop));
  },
  async spent(ledger, client, stop) {
    checkStop(stop);
    return { epsilon: spent(ledger, client) };
  },
  async noised(vector, noise, stop) {
    checkStop(stop);
    addNoiseOf(vector, noise, systemNoise());
    return handOver(vector, vector);
  },
  async exportModel(job, stop) {
    checkStop(stop);
    const engine = await sources.core();
    if (typeof engine === 'string') throw new RefusedError('engine', engine);
    return exportModel(job, engine, reporter(stop));
  },
};

workerpool.worker({ ...methods });
