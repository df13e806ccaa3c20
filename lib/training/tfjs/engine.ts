/**
 * The tfjs engine: runs any model of the specification, among them those with layers that the core lacks. Shuffling,
 * losses, penalties and optimisers are the core's, so that both reach the same weights to rounding.
 */
import { canonicalJson } from '../../model/canonical';
import { inputSize, outputSize } from '../../model/shapes';
import type { ModelSpec } from '../../model/spec';
import { givesProbabilities } from '../../model/tasks';
import { abortError } from '../abort';
import { checkEvasionJob, checkPredictJob, checkTrainJob } from '../check-job';
import type { Engine, EvasionJob, EvasionResult, PredictJob, PredictResult, Progress } from '../engine';
import { batchesOf, normalised } from './batches';
import { moveBatch, randomStart } from './evade';
import { forward, giveWay, inputOf } from './forward';
import { loadTensorFlow, type TensorFlow } from './load';
import { buildModel, type FlatModel } from './model';
import { registerResetAfterGru } from './reset-after-gru';
import { checkFinite, train } from './train';

export interface TfjsEngine extends Engine {
  readonly name: 'tfjs';
  /** tfjs-node computes, not plain JavaScript. */
  readonly native: boolean;
  /** Frees the models that are kept for the next job. */
  dispose(): void;
}

/** Models kept built; making one costs milliseconds, and jobs mostly repeat. */
const KEPT = 2;
/** Rows of one forward pass in a prediction. */
const ROWS = 256;
async function predict(tf: TensorFlow, flat: FlatModel, job: PredictJob, progress?: Progress): Promise<PredictResult> {
  const started = performance.now();
  const { spec, count } = job;
  const width = inputSize(spec);
  const outputs = new Float32Array(count * outputSize(spec));
  flat.write(job.weights);
  for (let first = 0; first < count; first += ROWS) {
    const rows = Array.from({ length: Math.min(ROWS, count - first) }, (_, i) => first + i);
    const features = normalised(job.features, rows, width, job.normalisation);
    const part = tf.tidy(() => {
      const raw = forward(tf, flat, spec, inputOf(tf, spec, features), false);
      if (!givesProbabilities(spec)) return raw.dataSync<'float32'>();
      return (spec.loss === 'sigmoid_cross_entropy' ? raw.sigmoid() : tf.softmax(raw)).dataSync<'float32'>();
    });
    outputs.set(part, first * outputSize(spec));
    if (progress && !progress(first + rows.length, count)) throw abortError();
    await giveWay();
  }
  return { outputs, durationMs: performance.now() - started };
}

async function evade(tf: TensorFlow, flat: FlatModel, job: EvasionJob, progress?: Progress): Promise<EvasionResult> {
  const started = performance.now();
  const { spec, samples, normalisation } = job;
  const width = inputSize(spec);
  const features = samples.features.slice();
  const start = randomStart(job.seed);
  flat.write(job.weights);
  let first = 0;
  for (const batch of batchesOf({ ...job, options: { batchSize: ROWS, seed: 0 } }).inOrder()) {
    const moved = moveBatch(tf, flat, { spec }, batch, job.evasion, start);
    for (let i = 0; i < moved.length; i++) {
      features[first * width + i] += (moved[i] - batch.features[i]) * (normalisation?.std[i % width] ?? 1);
    }
    first += batch.count;
    if (progress && !progress(first, samples.count)) throw abortError();
    await giveWay();
  }
  return { features, durationMs: performance.now() - started };
}

/** Returns the reason, a sentence, when TensorFlow.js cannot be had. */
export function createTfjsEngine(options: { native?: boolean } = {}): TfjsEngine | string {
  const loaded = loadTensorFlow({ native: options.native ?? true });
  if (typeof loaded === 'string') return loaded;
  const { tf, native } = loaded;
  registerResetAfterGru(tf);
  const kept = new Map<string, FlatModel>();
  // Models are shared by the jobs of this engine, so that jobs run one after the other.
  let queue: Promise<unknown> = Promise.resolve();

  async function model(spec: ModelSpec): Promise<FlatModel> {
    const key = canonicalJson([spec.task, spec.input, spec.layers]);
    const flat = kept.get(key) ?? (await buildModel(tf, spec));
    kept.delete(key);
    kept.set(key, flat);
    for (const [oldest, old] of kept) {
      if (kept.size <= KEPT) break;
      old.dispose();
      kept.delete(oldest);
    }
    return flat;
  }
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = queue.then(work);
    queue = result.catch(() => undefined);
    return result;
  }

  return {
    name: 'tfjs',
    native,
    lacks: () => [],
    train: (job, progress) =>
      inTurn(async () => {
        checkTrainJob(job);
        checkFinite(job);
        return train(tf, await model(job.spec), job, progress);
      }),
    predict: (job, progress) =>
      inTurn(async () => {
        checkPredictJob(job);
        return predict(tf, await model(job.spec), job, progress);
      }),
    evade: (job, progress) =>
      inTurn(async () => {
        checkEvasionJob(job);
        checkFinite(job);
        return evade(tf, await model(job.spec), job, progress);
      }),
    dispose() {
      for (const flat of kept.values()) flat.dispose();
      kept.clear();
    },
  };
}
