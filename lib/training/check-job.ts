/** What any engine must be able to rely on. Throws RefusedError (code "job"). */
import { layoutOf } from '../model/layout';
import { inputSize, outputSize, targetWidth } from '../model/shapes';
import type { ModelSpec } from '../model/spec';
import { RefusedError } from '../refused';
import type { Normalisation, PredictJob, TrainingOptions, TrainJob } from './engine';

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

/** Fields of the contract that no engine has yet. */
function refuseMissing({ focalGamma, adversarial }: TrainingOptions): void {
  if (focalGamma || adversarial) refuse('This training has terms that no engine has yet.');
}

function checkOptions(options: TrainingOptions, spec: ModelSpec): void {
  const whole = (value: number, least: number, name: string): void => {
    if (!Number.isInteger(value) || value < least) refuse(`${name} must be a whole number of at least ${least}.`);
  };
  const atLeastZero = (value: number | undefined, name: string): void => {
    if (value !== undefined && !(Number.isFinite(value) && value >= 0)) refuse(`${name} must be a number, 0 or more.`);
  };
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
  const { classWeights } = options;
  if (classWeights) {
    if (spec.task !== 'classify' || classWeights.length !== spec.labels?.length) {
      refuse(`There must be one class weight for each of the ${spec.labels?.length ?? 0} labels.`);
    }
    for (const weight of classWeights) atLeastZero(weight, 'A class weight');
  }
}

export function checkTrainJob(job: TrainJob): void {
  const { spec, samples } = job;
  const width = inputSize(spec);
  const targets = targetWidth(spec);
  if (!Number.isInteger(samples.count) || samples.count < 1) refuse('There are no samples to train on.');
  length(job.weights, layoutOf(spec).size, 'The weights');
  length(samples.features, samples.count * width, 'The features of the samples');
  length(samples.targets, samples.count * targets, 'The targets of the samples');
  checkOptions(job.options, spec);
  refuseMissing(job.options);
  if (job.anchor) length(job.anchor, job.weights.length, 'The anchor of the proximal term');
  const { tensors } = layoutOf(spec);
  if (job.trainable && (job.trainable.length !== tensors.length || !job.trainable.includes(true))) {
    refuse(`Which tensors learn must be said of each of the ${tensors.length}, and at least one must.`);
  }
  if (job.control) length(job.control, job.weights.length, 'The control vector');
  checkNormalisation(job.normalisation, width);
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

export function checkPredictJob(job: PredictJob): void {
  const width = inputSize(job.spec);
  if (!Number.isInteger(job.count) || job.count < 0) refuse('The number of rows must be a whole number.');
  length(job.weights, layoutOf(job.spec).size, 'The weights');
  length(job.features, job.count * width, 'The features');
  checkNormalisation(job.normalisation, width);
}
