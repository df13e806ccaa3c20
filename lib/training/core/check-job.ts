/** Jobs come from workers and scripts: everything that the core would trust is checked here first. */
import { inputSize, targetWidth } from '../../model/shapes';
import { RefusedError } from '../../refused';
import type { Normalisation, PredictJob, TrainingOptions, TrainJob } from '../engine';

function refuse(code: string, message: string): never {
  throw new RefusedError(code, message);
}

function checkNormalisation(normalisation: Normalisation | undefined, width: number): void {
  if (!normalisation) return;
  const { mean, std } = normalisation;
  if (mean.length !== width || std.length !== width) {
    refuse('normalisation', `The normalisation is of ${mean.length} features, the model has ${width}.`);
  }
  if (!mean.every(Number.isFinite) || !std.every((one) => Number.isFinite(one) && one >= 0)) {
    refuse('normalisation', 'The normalisation holds numbers that are not finite, or a negative deviation.');
  }
}

const positive = (value: number): boolean => Number.isFinite(value) && value > 0;
const atLeastOne = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= 0x7fffffff;

function checkOptions(options: TrainingOptions, classes: number): void {
  if (!atLeastOne(options.epochs)) refuse('training', 'The number of epochs must be a whole number of at least 1.');
  if (!atLeastOne(options.batchSize)) refuse('training', 'The batch size must be a whole number of at least 1.');
  if (!positive(options.learningRate)) refuse('training', 'The learning rate must be a positive number.');
  if (!['sgd', 'momentum', 'adam'].includes(options.optimizer)) {
    refuse('training', `There is no optimizer "${options.optimizer}": use sgd, momentum or adam.`);
  }
  const { momentum = 0.9, l2 = 0, clipNorm = 0, maxSteps, classWeights } = options;
  if (!(momentum >= 0 && momentum < 1)) refuse('training', 'The momentum must be at least 0 and below 1.');
  if (l2 !== 0 && !positive(l2)) refuse('training', 'The L2 penalty must be 0 or positive.');
  if (clipNorm !== 0 && !positive(clipNorm)) refuse('training', 'The gradient clipping norm must be 0 or positive.');
  if (maxSteps !== undefined && !atLeastOne(maxSteps)) refuse('training', 'The most steps must be at least 1.');
  if (classWeights && (classWeights.length !== classes || !classWeights.every((one) => one === 0 || positive(one)))) {
    refuse('training', `There must be one class weight, at least 0, for each of the ${classes} classes.`);
  }
}

export function checkTrainJob({ spec, samples, normalisation, options }: TrainJob): void {
  const width = inputSize(spec);
  const targets = targetWidth(spec);
  if (!atLeastOne(samples.count)) refuse('samples', 'There are no samples to train on.');
  if (samples.features.length !== samples.count * width) {
    refuse('samples', `${samples.count} samples of ${width} features were announced, but not sent.`);
  }
  if (samples.targets.length !== samples.count * targets) {
    refuse(
      'samples',
      `${samples.count} samples need ${samples.count * targets} targets, not ${samples.targets.length}.`,
    );
  }
  checkNormalisation(normalisation, width);
  checkOptions(options, spec.task === 'classify' ? (spec.labels?.length ?? 0) : 0);
}

export function checkPredictJob({ spec, features, count, normalisation }: PredictJob): void {
  const width = inputSize(spec);
  if (!Number.isInteger(count) || count < 0 || features.length !== count * width) {
    refuse('samples', `The model takes ${width} features a sample; ${features.length} came for ${count} samples.`);
  }
  checkNormalisation(normalisation, width);
}
