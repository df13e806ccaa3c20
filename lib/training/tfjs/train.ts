/** A training job with tfjs: gradients from it, everything else as the core does it. */
import { RefusedError } from '../../refused';
import { abortError } from '../abort';
import type { Progress, TrainJob, TrainResult } from '../engine';
import { type Batch, type Batches, batchesOf } from './batches';
import { moveBatch, randomStart } from './evade';
import { giveWay } from './forward';
import { addGradient, batchLoss } from './gradient';
import type { TensorFlow } from './load';
import type { FlatModel } from './model';
import { clip, optimizer } from './optimizer';
import { addOrthogonality } from './orthogonality';

/** Longest time without giving way to the event loop, in ms. */
const TURN = 20;

/** The terms that are added to a gradient, in the core's order. */
function addTerms(flat: FlatModel, job: TrainJob, weights: Float32Array, gradient: Float32Array): void {
  const { l2 = 0, proximal = 0, lipschitz = 0 } = job.options;
  const anchor = job.anchor ?? job.weights;
  const { control } = job;
  for (const slot of flat.slots) {
    const { offset, size, penalised, trainable } = slot;
    if (!trainable) continue;
    if (lipschitz && penalised) addOrthogonality(slot, weights, gradient, lipschitz);
    for (let i = offset; i < offset + size; i++) {
      if (penalised) gradient[i] += l2 * weights[i];
      gradient[i] += proximal * (weights[i] - anchor[i]);
      if (control) gradient[i] += control[i];
    }
  }
  flat.slots.forEach(({ offset, size }, i) => {
    if (job.trainable?.[i] === false) gradient.fill(0, offset, offset + size);
  });
}

/** Moving averages, which the forward pass itself has changed. */
function readState(flat: FlatModel, { trainable: learns }: TrainJob, weights: Float32Array): void {
  for (const [i, { variable, offset, trainable }] of flat.slots.entries()) {
    if (!trainable && learns?.[i] !== false) weights.set(variable.dataSync<'float32'>(), offset);
  }
}

export function checkFinite({ samples, anchor, control }: Pick<TrainJob, 'samples' | 'anchor' | 'control'>): void {
  const finite = (vector: Float32Array | undefined): boolean => vector?.every(Number.isFinite) ?? true;
  if (!finite(samples.features) || !finite(samples.targets)) {
    throw new RefusedError('samples', 'The samples hold numbers that are not finite: remove those rows.');
  }
  if (!finite(anchor) || !finite(control)) {
    throw new RefusedError('not-finite', 'The anchor or the control vector of the training is not all finite.');
  }
}

/** What layers that the core lacks make impossible. */
function checkForeign(flat: FlatModel, { spec, samples, options }: TrainJob): void {
  const foreign = spec.layers.find((layer) => layer.type === 'foreign');
  if (options.lipschitz && foreign) {
    throw new RefusedError(
      'job',
      `It is not defined which matrix the kernels of ${foreign.className} are: set the orthogonality penalty to 0.`,
    );
  }
  const normalises = flat.slots.some(({ trainable }) => !trainable);
  if (!options.fullBatch || !normalises || options.batchSize >= samples.count) return;
  throw new RefusedError(
    'job',
    `Batch normalisation needs the full batch at once: set the batch size to ${samples.count} or more.`,
  );
}

/** Called before each batch; throws when the job is to stop. */
type Turn = () => Promise<void>;

/** Loss and gradient of the starting point, without dropout and with the moving averages as they are. */
async function passAtStart(
  tf: TensorFlow,
  flat: FlatModel,
  job: TrainJob,
  batches: Batches,
  turn: Turn,
): Promise<Pick<TrainResult, 'startLoss' | 'startGradient'>> {
  const { loss, gradient } = job.atStart ?? {};
  if (!loss && !gradient) return {};
  const of = { rows: job.samples.count, training: false };
  const startGradient = new Float32Array(gradient ? flat.size : 0);
  let sum = 0;
  flat.write(job.weights);
  for (const batch of batches.inOrder()) {
    await turn();
    sum += gradient
      ? addGradient(tf, flat, job, batch, of, startGradient)
      : tf.tidy(() => batchLoss(tf, flat, job, batch, of).dataSync<'float32'>()[0] * of.rows);
  }
  return { ...(loss && { startLoss: sum / of.rows }), ...(gradient && { startGradient }) };
}

export async function train(tf: TensorFlow, flat: FlatModel, job: TrainJob, progress?: Progress): Promise<TrainResult> {
  const started = performance.now();
  const { options, samples } = job;
  checkForeign(flat, job);
  const batches = batchesOf(job);
  const perStep = options.fullBatch ? batches.perEpoch : 1;
  const most = Math.min((options.maxSteps ?? Number.POSITIVE_INFINITY) * perStep, batches.perEpoch * options.epochs);
  const first = job.atStart?.loss || job.atStart?.gradient ? batches.perEpoch : 0;
  let turns = 0;
  let pause = performance.now() + TURN;
  const turn: Turn = async () => {
    if (progress && !progress(turns, first + most)) throw abortError();
    turns += 1;
    if (performance.now() < pause) return;
    await giveWay();
    pause = performance.now() + TURN;
  };

  const start = await passAtStart(tf, flat, job, batches, turn);
  const weights = job.weights.slice();
  const gradient = new Float32Array(flat.size);
  const step = optimizer(options, flat.size);
  const { adversarial } = options;
  const origin = randomStart(options.seed);
  /** The batch, or what it and its moved rows each have of the loss. */
  const parts = (batch: Batch): Batch[] => {
    if (!adversarial) return [batch];
    const { share = 0.5 } = adversarial;
    const features = moveBatch(tf, flat, { ...job, focalGamma: options.focalGamma }, batch, adversarial, origin);
    return [
      { ...batch, part: 1 - share },
      { ...batch, features, part: share },
    ];
  };
  let done = 0;
  let steps = 0;
  let loss = 0;
  let firstLoss = 0;
  for (let epoch = 0; epoch < options.epochs && done < most; epoch++) {
    let sum = 0;
    let seen = 0;
    for (const batch of options.fullBatch ? batches.inOrder() : batches.shuffled()) {
      if (done >= most) break;
      await turn();
      flat.write(weights);
      const rows = options.fullBatch ? samples.count : batch.count;
      for (const part of parts(batch)) sum += addGradient(tf, flat, job, part, { rows, training: true }, gradient);
      seen += batch.count;
      readState(flat, job, weights);
      done += 1;
      if (done % perStep > 0) continue;
      addTerms(flat, job, weights, gradient);
      if (options.clipNorm) clip(gradient, options.clipNorm);
      step(weights, gradient);
      gradient.fill(0);
      steps += 1;
    }
    loss = seen > 0 ? sum / seen : 0;
    if (epoch === 0) firstLoss = loss;
  }
  if (!weights.every(Number.isFinite)) {
    throw new RefusedError('diverged', 'The training diverged: lower the learning rate, or clip the gradient.');
  }
  progress?.(first + most, first + most);
  return { weights, ...start, steps, loss, firstLoss, durationMs: performance.now() - started };
}
