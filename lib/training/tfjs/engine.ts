/**
 * The tfjs engine: runs any model of the specification, among them those with layers that the core lacks. Shuffling,
 * losses, penalties and optimisers are the core's, so that both reach the same weights to rounding.
 */
import type { Scalar, Tensor2D, Variable } from '@tensorflow/tfjs';
import { canonicalJson } from '../../model/canonical';
import { inputSize, outputSize } from '../../model/shapes';
import type { ModelSpec } from '../../model/spec';
import { RefusedError } from '../../refused';
import { abortError } from '../abort';
import { checkPredictJob, checkTrainJob } from '../check-job';
import type { Engine, PredictJob, PredictResult, Progress, TrainJob, TrainResult } from '../engine';
import { type Batch, epochs, normalised } from './batches';
import { loadTensorFlow, type TensorFlow } from './load';
import { sampleLosses } from './loss';
import { buildModel, type FlatModel } from './model';
import { clip, optimizer } from './optimizer';
import { registerResetAfterGru } from './reset-after-gru';

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
/** Longest time without giving way to the event loop, in ms. */
const TURN = 20;

const giveWay = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Forward through the layers to n x outputs: logits for a classifier. */
function forward(tf: TensorFlow, flat: FlatModel, spec: ModelSpec, features: Float32Array, training: boolean) {
  const rows = features.length / inputSize(spec);
  const input = tf.tensor(features, [rows, ...spec.input]);
  const output = flat.model.apply(input, { training });
  if (!(output instanceof tf.Tensor)) throw new Error('tfjs gave more than one output.');
  return output.reshape<Tensor2D>([rows, outputSize(spec)]);
}

/** Gradient of one batch into `gradient`; returns the sum of the samples' losses. */
function backward(tf: TensorFlow, flat: FlatModel, job: TrainJob, batch: Batch, gradient: Float32Array): number {
  return tf.tidy(() => {
    const variables: Variable[] = flat.slots.filter(({ trainable }) => trainable).map(({ variable }) => variable);
    const { value, grads } = tf.variableGrads(() => {
      const outputs = forward(tf, flat, job.spec, batch.features, true);
      const targets = tf.tensor2d(batch.targets, [batch.count, batch.targets.length / batch.count]);
      const losses = sampleLosses(tf, job.spec.loss, outputs, targets);
      return losses.mul(tf.tensor1d(batch.weights)).mean<Scalar>();
    }, variables);
    gradient.fill(0);
    for (const { variable, offset, trainable } of flat.slots) {
      const slope = grads[variable.name];
      if (trainable && slope) gradient.set(slope.dataSync<'float32'>(), offset);
    }
    return value.dataSync<'float32'>()[0] * batch.count;
  });
}

function penalise(flat: FlatModel, weights: Float32Array, gradient: Float32Array, l2: number): void {
  for (const { offset, size, penalised } of flat.slots) {
    if (!penalised) continue;
    for (let i = offset; i < offset + size; i++) gradient[i] += l2 * weights[i];
  }
}

/** Moving averages, which the forward pass itself has changed. */
function readState(flat: FlatModel, weights: Float32Array): void {
  for (const { variable, offset, trainable } of flat.slots) {
    if (!trainable) weights.set(variable.dataSync<'float32'>(), offset);
  }
}

function checkFinite(job: TrainJob): void {
  if (job.samples.features.every(Number.isFinite) && job.samples.targets.every(Number.isFinite)) return;
  throw new RefusedError('samples', 'The samples hold numbers that are not finite: remove those rows.');
}

async function train(tf: TensorFlow, flat: FlatModel, job: TrainJob, progress?: Progress): Promise<TrainResult> {
  const started = performance.now();
  const { options, spec } = job;
  const weights = job.weights.slice();
  const gradient = new Float32Array(flat.size);
  const step = optimizer(options, flat.size);
  const passes = epochs(spec, job.samples, options.batchSize, options.seed, options.classWeights, job.normalisation);
  const total = Math.min(options.maxSteps ?? Number.POSITIVE_INFINITY, passes.steps * options.epochs);
  let steps = 0;
  let loss = 0;
  let firstLoss = 0;
  let turn = performance.now();
  for (let epoch = 0; epoch < options.epochs && steps < total; epoch++) {
    let sum = 0;
    let seen = 0;
    for (const batch of passes.next()) {
      if (steps >= total) break;
      if (progress && !progress(steps, total)) throw abortError();
      if (performance.now() - turn > TURN) {
        await giveWay();
        turn = performance.now();
      }
      flat.write(weights);
      sum += backward(tf, flat, job, batch, gradient);
      seen += batch.count;
      readState(flat, weights);
      if (options.l2) penalise(flat, weights, gradient, options.l2);
      if (options.clipNorm) clip(gradient, options.clipNorm);
      step(weights, gradient);
      steps += 1;
    }
    loss = seen > 0 ? sum / seen : 0;
    if (epoch === 0) firstLoss = loss;
  }
  if (!weights.every(Number.isFinite)) {
    throw new RefusedError('diverged', 'The training diverged: lower the learning rate, or clip the gradient.');
  }
  progress?.(steps, total);
  return { weights, steps, loss, firstLoss, durationMs: performance.now() - started };
}

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
      const raw = forward(tf, flat, spec, features, false);
      if (spec.task !== 'classify') return raw.dataSync<'float32'>();
      return (spec.loss === 'sigmoid_cross_entropy' ? raw.sigmoid() : tf.softmax(raw)).dataSync<'float32'>();
    });
    outputs.set(part, first * outputSize(spec));
    if (progress && !progress(first + rows.length, count)) throw abortError();
    await giveWay();
  }
  return { outputs, durationMs: performance.now() - started };
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
    dispose() {
      for (const flat of kept.values()) flat.dispose();
      kept.clear();
    },
  };
}
