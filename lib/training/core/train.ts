/** A training job in a session of the core: what it starts from, its steps, and what it came to. */
import { refusalOf } from '../../core/program';
import { layoutOf } from '../../model/layout';
import { streamSeed } from '../../random/generator';
import { RefusedError } from '../../refused';
import type { Progress, TrainJob, TrainResult } from '../engine';
import { setAdversary } from './evade';
import { finiteAt, inverseDeviation, type Session } from './session';
import { inSlices } from './slices';

export const SLOTS = { sgd: 0, momentum: 1, adam: 2 };
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };

/** Hears of batches done; false stops the job. */
type Go = (batches: number) => boolean;

/** [first number, how many] of each tensor that does not learn. */
export const frozenRanges = ({ spec, trainable }: Pick<TrainJob, 'spec' | 'trainable'>): number[] =>
  trainable ? layoutOf(spec).tensors.flatMap(({ offset, size }, i) => (trainable[i] ? [] : [offset, size])) : [];

/** Samples and options into the session, the weights as its own. Where the gradient at the start goes, if it is asked for. */
function begin(session: Session, job: TrainJob): { gradientAt: number } {
  const { core, at } = session;
  const { exports: wasm } = core;
  const { samples, normalisation, options, control } = job;
  const { adversarial } = options;
  session.putWeights(job.weights);
  const frozen = frozenRanges(job);
  const anchor = options.proximal ? (job.anchor ?? job.weights) : undefined;
  const [
    featuresAt,
    targetsAt,
    meanAt,
    inverseAt,
    classWeightsAt,
    anchorAt,
    controlAt,
    orderAt,
    gradientAt,
    frozenAt,
    softAt,
  ] = session.place(
    samples.features,
    samples.targets,
    normalisation && Float32Array.from(normalisation.mean),
    normalisation && inverseDeviation(normalisation),
    options.classWeights && Float32Array.from(options.classWeights),
    anchor,
    control,
    options.fullBatch ? undefined : samples.count,
    job.atStart?.gradient ? session.parameters : undefined,
    frozen.length,
    job.soft?.probabilities,
  );
  const finite = (vectorAt: number, length: number): boolean => vectorAt === 0 || finiteAt(core, vectorAt, length);
  if (!finite(featuresAt, samples.features.length) || !finite(targetsAt, samples.targets.length)) {
    throw new RefusedError('samples', 'The samples hold numbers that are not finite: remove those rows.');
  }
  if (!finite(anchorAt, session.parameters) || !finite(controlAt, session.parameters)) {
    throw new RefusedError('not-finite', 'The anchor or the control vector of the training is not all finite.');
  }
  wasm.set_samples(
    at,
    featuresAt,
    targetsAt,
    samples.count,
    meanAt,
    inverseAt,
    classWeightsAt,
    options.focalGamma ?? 0,
  );
  if (job.soft) wasm.set_soft(at, softAt, job.soft.temperature, job.soft.share);
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
  wasm.set_terms(at, options.proximal ?? 0, anchorAt, controlAt, options.lipschitz ?? 0);
  if (frozen.length > 0) core.int32(frozenAt, frozen.length).set(frozen);
  wasm.set_frozen(at, frozenAt, frozen.length / 2);
  setAdversary(session, adversarial, adversarial?.share ?? 0.5, options.seed);
  const seed = streamSeed(options.seed, 'shuffle');
  const word = (value: number): number => Math.min(value, 0x7fffffff);
  const full = options.fullBatch ? 1 : 0;
  wasm.begin_training(
    at,
    word(options.epochs),
    word(options.batchSize),
    word(options.maxSteps ?? 0),
    seed,
    full,
    orderAt,
  );
  return { gradientAt };
}

type Start = Pick<TrainResult, 'startLoss' | 'startGradient'>;

/** What the job asks of its starting point: one pass over the samples. `go` hears of chunks. */
async function passAtStart(session: Session, job: TrainJob, gradientAt: number, go: Go): Promise<Start> {
  const { core, at, parameters } = session;
  const { exports: wasm } = core;
  let seen = 0;
  wasm.begin_pass(at);
  await inSlices((chunks) => {
    let done = 0;
    for (; done < chunks && seen < job.samples.count; done++) {
      seen = wasm.pass(at, gradientAt ? 1 : 0);
      if (seen < 0) throw refusalOf(seen);
    }
    return done;
  }, go);
  const start: Start = {};
  if (job.atStart?.loss) start.startLoss = wasm.pass_loss(at);
  if (gradientAt) {
    wasm.get_gradient(at, gradientAt);
    start.startGradient = core.float32(gradientAt, parameters).slice();
  }
  return start;
}

const diverged = (): never => {
  throw new RefusedError('diverged', 'The training diverged: lower the learning rate, or clip the gradient.');
};

export async function train(session: Session, job: TrainJob, progress?: Progress): Promise<TrainResult> {
  const started = performance.now();
  const { at } = session;
  const { exports: wasm } = session.core;
  const { options, atStart } = job;
  const { gradientAt } = begin(session, job);
  const first = Boolean(atStart?.loss || atStart?.gradient);

  // Work is counted in batches; a full batch is taken in chunks of that size.
  const chunks = Math.ceil(job.samples.count / options.batchSize);
  const most =
    options.maxSteps === undefined ? options.epochs * chunks : options.maxSteps * (options.fullBatch ? chunks : 1);
  const total = Math.min(options.epochs * chunks, most) + (first ? chunks : 0);
  let done = 0;
  const go: Go = (more) => {
    done += more;
    return !progress || progress(done, total);
  };
  const start = first ? await passAtStart(session, job, gradientAt, go) : {};
  await inSlices((batches) => {
    // 0 steps means all of them to the core.
    const taken = options.maxSteps === 0 ? 0 : wasm.train(at, batches);
    if (taken < 0) throw refusalOf(taken);
    return taken;
  }, go);
  const steps = wasm.steps(at);
  const weights = session.getWeights();
  if (!weights.every(Number.isFinite) || !(start.startGradient?.every(Number.isFinite) ?? true)) return diverged();
  const loss = steps > 0 ? wasm.last_loss(at) : 0;
  const firstLoss = steps > 0 ? wasm.first_loss(at) : 0;
  return { weights, ...start, steps, loss, firstLoss, durationMs: performance.now() - started };
}
