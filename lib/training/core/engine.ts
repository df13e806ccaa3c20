/** The engine "core": training and prediction in WebAssembly, a slice at a time so that it can be watched and stopped. */
import { setImmediate } from 'node:timers/promises';
import { missing, programOf, refusalOf } from '../../core/program';
import { streamSeed } from '../../random/generator';
import { RefusedError } from '../../refused';
import { abortError } from '../abort';
import { checkPredictJob, checkTrainJob } from '../check-job';
import type { Engine, PredictJob, PredictResult, Progress, TrainJob, TrainResult } from '../engine';
import { finiteAt, inverseDeviation, type Session } from './session';
import { createSessions } from './sessions';

const SLOTS = { sgd: 0, momentum: 1, adam: 2 };
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
const PREDICT_BATCH = 32;
/** A slice between two looks at progress aims at this. */
const SLICE_MS = 8;

async function train(session: Session, job: TrainJob, progress?: Progress): Promise<TrainResult> {
  const started = performance.now();
  const { core, at } = session;
  const { exports: wasm } = core;
  const { samples, normalisation, options } = job;
  session.putWeights(job.weights);
  const [featuresAt, targetsAt, meanAt, inverseAt, classWeightsAt, orderAt] = session.place(
    samples.features,
    samples.targets,
    normalisation && Float32Array.from(normalisation.mean),
    normalisation && inverseDeviation(normalisation),
    options.classWeights && Float32Array.from(options.classWeights),
    samples.count,
  );
  if (
    !finiteAt(core, featuresAt, samples.features.length) ||
    (targetsAt !== 0 && !finiteAt(core, targetsAt, samples.targets.length))
  ) {
    throw new RefusedError('samples', 'The samples hold numbers that are not finite: remove those rows.');
  }
  wasm.set_samples(at, featuresAt, targetsAt, samples.count, meanAt, inverseAt, classWeightsAt);
  wasm.set_optimizer(
    at,
    SLOTS[options.optimizer],
    options.learningRate,
    options.momentum ?? 0.9,
    ADAM.beta1,
    ADAM.beta2,
    ADAM.epsilon,
    options.l2 ?? 0,
    options.clipNorm ?? 0,
  );
  const seed = streamSeed(options.seed, 'shuffle');
  const word = (value: number): number => Math.min(value, 0x7fffffff);
  wasm.begin_training(at, word(options.epochs), word(options.batchSize), word(options.maxSteps ?? 0), seed, orderAt);

  const all = options.epochs * Math.ceil(samples.count / options.batchSize);
  const total = Math.min(all, options.maxSteps ?? all);
  let steps = 0;
  for (let slice = 1; steps < total; ) {
    const from = performance.now();
    const done = wasm.train(at, slice);
    if (done < 0) throw refusalOf(done);
    if (done === 0) break;
    steps += done;
    const took = performance.now() - from;
    if (took < SLICE_MS / 2) slice *= 2;
    else if (took > SLICE_MS * 2) slice = Math.max(1, slice >> 1);
    if (progress && !progress(steps, total)) throw abortError();
    if (steps < total) await setImmediate();
  }
  const weights = session.getWeights();
  if (!weights.every(Number.isFinite)) {
    throw new RefusedError('diverged', 'The training diverged: lower the learning rate, or clip the gradient.');
  }
  const loss = steps > 0 ? wasm.last_loss(at) : 0;
  const firstLoss = steps > 0 ? wasm.first_loss(at) : 0;
  return { weights, steps, loss, firstLoss, durationMs: performance.now() - started };
}

async function predict(session: Session, job: PredictJob, progress?: Progress): Promise<PredictResult> {
  const started = performance.now();
  const { core, at, inputSize, outputSize } = session;
  session.putWeights(job.weights);
  const [meanAt, inverseAt, featuresAt, outAt] = session.place(
    job.normalisation && Float32Array.from(job.normalisation.mean),
    job.normalisation && inverseDeviation(job.normalisation),
    PREDICT_BATCH * inputSize,
    PREDICT_BATCH * outputSize,
  );
  const features = core.float32(featuresAt, PREDICT_BATCH * inputSize);
  const out = core.float32(outAt, PREDICT_BATCH * outputSize);
  const outputs = new Float32Array(job.count * outputSize);
  core.exports.set_samples(at, featuresAt, 0, PREDICT_BATCH, meanAt, inverseAt, 0);
  let pause = started + SLICE_MS;
  for (let first = 0; first < job.count; first += PREDICT_BATCH) {
    const rows = Math.min(PREDICT_BATCH, job.count - first);
    features.set(job.features.subarray(first * inputSize, (first + rows) * inputSize));
    core.exports.predict(at, 0, rows, outAt);
    outputs.set(out.subarray(0, rows * outputSize), first * outputSize);
    if (performance.now() > pause) {
      if (progress && !progress(first + rows, job.count)) throw abortError();
      await setImmediate();
      pause = performance.now() + SLICE_MS;
    }
  }
  return { outputs, durationMs: performance.now() - started };
}

export function createCoreEngine(): Engine {
  const sessions = createSessions();
  return {
    name: 'core',
    lacks: missing,
    async train(job, progress) {
      checkTrainJob(job);
      const { batchSize, optimizer } = job.options;
      const batch = Math.min(batchSize, job.samples.count);
      const program = programOf(job.spec, { batch, slots: SLOTS[optimizer], training: true });
      return sessions.use(program, (session) => train(session, job, progress));
    },
    async predict(job, progress) {
      checkPredictJob(job);
      const program = programOf(job.spec, { batch: PREDICT_BATCH, slots: 0, training: false });
      return sessions.use(program, (session) => predict(session, job, progress));
    },
  };
}
