/** What any engine must be able to rely on. Throws RefusedError (code "job"; "consensus" for predictions on public rows). */
import { refuseConsensus } from '../model/consensus';
import { layoutOf } from '../model/layout';
import { inputSize, outputSize, targetWidth } from '../model/shapes';
import type { ModelSpec } from '../model/spec';
import { RefusedError } from '../refused';
import type { EvasionJob, EvasionOptions, Normalisation, PredictJob, TrainingOptions, TrainJob } from './engine';

/** Of PGD: each costs a pass forward and back. */
const MOST_STEPS = 1000;

const refuse = (message: string): never => {
  throw new RefusedError('job', message);
};

function length(vector: Float32Array, wanted: number, what: string): void {
  if (vector.length !== wanted) refuse(`${what} must have ${wanted} numbers, not ${vector.length}.`);
}

function checkNormalisation(normalisation: Normalisation | undefined, width: number): void {
  if (!normalisation) return;
  const { mean, std } = normalisation;
  if (mean.length !== width || std.length !== width) {
    refuse(`The normalisation is for ${mean.length} features, but the model has ${width} inputs.`);
  }
  if (!mean.every(Number.isFinite) || !std.every((one) => Number.isFinite(one) && one > 0)) {
    refuse('The normalisation needs finite means and deviations above zero.');
  }
}

function whole(value: number, least: number, name: string): void {
  if (!Number.isInteger(value) || value < least) refuse(`${name} must be a whole number of at least ${least}.`);
}

function atLeastZero(value: number | undefined, name: string): void {
  if (value !== undefined && !(Number.isFinite(value) && value >= 0)) refuse(`${name} must be a number, 0 or more.`);
}

/** What any attack needs. An autoencoder's target would move with its input. */
function checkEvasion(attack: EvasionOptions, spec: ModelSpec): void {
  const { method, epsilon, steps, stepSize } = attack;
  if (method !== 'fgsm' && method !== 'pgd') refuse('The attack must be "fgsm" or "pgd".');
  if (!(Number.isFinite(epsilon) && epsilon > 0)) refuse('The epsilon of the attack must be a number above zero.');
  if (steps !== undefined) whole(steps, 1, 'The number of steps of the attack');
  if (steps !== undefined && steps > MOST_STEPS) refuse(`An attack has at most ${MOST_STEPS} steps.`);
  if (stepSize !== undefined && !(Number.isFinite(stepSize) && stepSize > 0)) {
    refuse('The step size of the attack must be a number above zero.');
  }
  if (spec.task === 'anomaly') refuse('Samples cannot be moved against a model of the task "anomaly".');
}

function checkAdversarial({ adversarial, fullBatch }: TrainingOptions, spec: ModelSpec): void {
  if (!adversarial) return;
  checkEvasion(adversarial, spec);
  const { share } = adversarial;
  if (share !== undefined && !(share >= 0 && share <= 1)) {
    refuse('The share of the adversarial samples must be a number from 0 to 1.');
  }
  if (fullBatch) refuse('Adversarial training works on mini-batches: turn full batches off.');
}

function checkOptions(options: TrainingOptions, spec: ModelSpec): void {
  whole(options.epochs, 1, 'The number of epochs');
  whole(options.batchSize, 1, 'The batch size');
  if (options.maxSteps !== undefined) whole(options.maxSteps, 0, 'The largest number of steps');
  if (!(Number.isFinite(options.learningRate) && options.learningRate > 0)) {
    refuse('The learning rate must be a number above zero.');
  }
  atLeastZero(options.momentum, 'The momentum');
  atLeastZero(options.l2, 'The L2 penalty');
  atLeastZero(options.proximal, 'The proximal term');
  atLeastZero(options.clipNorm, 'The gradient norm to clip to');
  atLeastZero(options.lipschitz, 'The penalty for kernels that are not orthogonal');
  atLeastZero(options.focalGamma, 'The gamma of the focal loss');
  if (options.focalGamma && !spec.loss.endsWith('cross_entropy')) {
    refuse(`The focal loss is one of cross-entropies, not of ${spec.loss}: set its gamma to 0.`);
  }
  checkAdversarial(options, spec);
  const { classWeights } = options;
  if (classWeights) {
    if (spec.task !== 'classify' || classWeights.length !== spec.labels?.length) {
      refuse(`There must be one class weight for each of the ${spec.labels?.length ?? 0} labels.`);
    }
    for (const weight of classWeights) atLeastZero(weight, 'A class weight');
  }
}

/** A model, weights and samples that go together. */
function checkSamples({ spec, weights, samples, normalisation }: TrainJob | EvasionJob): void {
  refuseConsensus(spec);
  const width = inputSize(spec);
  length(weights, layoutOf(spec).size, 'The weights');
  length(samples.features, samples.count * width, 'The features of the samples');
  length(samples.targets, samples.count * targetWidth(spec), 'The targets of the samples');
  checkNormalisation(normalisation, width);
  if (spec.task === 'multi-label' && samples.targets.some((target) => target !== 0 && target !== 1)) {
    refuse('A target must be 0 or 1 for each label.');
  }
  if (spec.task !== 'classify') return;
  const labels = spec.labels?.length ?? outputSize(spec);
  for (const target of samples.targets) {
    if (!Number.isInteger(target) || target < 0 || target >= labels) {
      refuse(`A target must be the number of a class from 0 to ${labels - 1}, not ${target}.`);
    }
  }
}

/** A sum of probabilities may be so far from 1: they are float32. */
const ROUNDING = 1e-3;

function checkSoft({ spec, samples, soft }: TrainJob): void {
  if (!soft) return;
  const outputs = outputSize(spec);
  if (!spec.loss.endsWith('cross_entropy')) {
    refuse(`A teacher's probabilities go with a cross-entropy, not with ${spec.loss}: choose a classifier.`);
  }
  length(soft.probabilities, samples.count * outputs, "The teacher's probabilities");
  if (!(Number.isFinite(soft.temperature) && soft.temperature >= 1)) refuse('The temperature must be 1 or more.');
  if (!(soft.share >= 0 && soft.share <= 1)) refuse("The teacher's share of the loss must be a number from 0 to 1.");
  const isSum = spec.loss === 'softmax_cross_entropy';
  for (let row = 0; row < samples.count; row++) {
    let sum = 0;
    for (const p of soft.probabilities.subarray(row * outputs, (row + 1) * outputs)) {
      if (!(p >= 0 && p <= 1 + ROUNDING)) refuse("A teacher's probability must be a number from 0 to 1.");
      sum += p;
    }
    if (isSum && Math.abs(sum - 1) > ROUNDING) refuse("A teacher's probabilities must add up to 1 in each row.");
  }
}

export function checkTrainJob(job: TrainJob): void {
  if (!Number.isInteger(job.samples.count) || job.samples.count < 1) refuse('There are no samples to train on.');
  checkOptions(job.options, job.spec);
  if (job.anchor) length(job.anchor, job.weights.length, 'The anchor of the proximal term');
  if (job.control) length(job.control, job.weights.length, 'The control vector');
  checkSamples(job);
  checkSoft(job);
  const { tensors } = layoutOf(job.spec);
  if (job.trainable && (job.trainable.length !== tensors.length || !job.trainable.includes(true))) {
    refuse(`Which tensors learn must be said of each of the ${tensors.length}, and at least one must.`);
  }
}

export function checkEvasionJob(job: EvasionJob): void {
  if (!Number.isInteger(job.samples.count) || job.samples.count < 0)
    refuse('The number of rows must be a whole number.');
  checkEvasion(job.evasion, job.spec);
  checkSamples(job);
}

export function checkPredictJob(job: PredictJob): void {
  refuseConsensus(job.spec);
  const width = inputSize(job.spec);
  if (!Number.isInteger(job.count) || job.count < 0) refuse('The number of rows must be a whole number.');
  length(job.weights, layoutOf(job.spec).size, 'The weights');
  length(job.features, job.count * width, 'The features');
  checkNormalisation(job.normalisation, width);
}
