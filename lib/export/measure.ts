/** How much the codes change: the same samples through the model with float32 numbers and with 8 bits. */
import { accuracy, confusionMatrix, decidedClasses } from '../metrics/classification';
import { meanAbsoluteError, rootMeanSquaredError } from '../metrics/regression';
import type { ModelSpec } from '../model/spec';

/** Figures of one way to run the model; those that the samples do not allow are absent. */
export interface Figures {
  /** classify: of the samples that have a label; multi-label: of all labels of all such samples. */
  accuracy?: number;
  /** regress: against the targets; anomaly: of the reconstruction against the features that went in. */
  mae?: number;
  rmse?: number;
}

export interface Comparison {
  samples: number;
  float32: Figures;
  int8: Figures;
  /** classify: the share of samples for which another class is decided. */
  decisionsChanged?: number;
  /** Of any output of any sample. */
  largestDifference: number;
  meanDifference: number;
}

/** `truth`: a class index (or the targets) for each sample, NaN where it is not known; anomaly: what is to be reconstructed. */
function figuresOf(spec: ModelSpec, outputs: Float32Array, truth: Float32Array, count: number): Figures {
  if (spec.task === 'classify') {
    const decided = decidedClasses(outputs, count, spec.labels?.length);
    const known = Array.from(decided.keys()).filter((i) => Number.isInteger(truth[i]));
    if (known.length === 0) return {};
    const pick = (from: ArrayLike<number>): number[] => known.map((i) => from[i]);
    return { accuracy: accuracy(confusionMatrix(pick(truth), pick(decided), spec.labels?.length ?? 2)) };
  }
  if (spec.task === 'multi-label') {
    const labelled = Array.from(truth.keys()).filter((i) => !Number.isNaN(truth[i]));
    if (labelled.length === 0) return {};
    const right = labelled.filter((i) => outputs[i] > 0.5 === (truth[i] === 1));
    return { accuracy: right.length / labelled.length };
  }
  const known = truth.map((value, i) => (Number.isNaN(value) ? Number.NaN : i)).filter((i) => !Number.isNaN(i));
  if (known.length === 0) return {};
  const [wanted, given] = [known.map((i) => truth[i]), known.map((i) => outputs[i])];
  return { mae: meanAbsoluteError(wanted, given), rmse: rootMeanSquaredError(wanted, given) };
}

export function compare(
  spec: ModelSpec,
  count: number,
  truth: Float32Array,
  float32: Float32Array,
  int8: Float32Array,
): Comparison {
  let largest = 0;
  let sum = 0;
  for (let i = 0; i < float32.length; i++) {
    const difference = Math.abs(float32[i] - int8[i]);
    if (difference > largest) largest = difference;
    sum += difference;
  }
  const result: Comparison = {
    samples: count,
    float32: figuresOf(spec, float32, truth, count),
    int8: figuresOf(spec, int8, truth, count),
    largestDifference: largest,
    meanDifference: sum / float32.length,
  };
  if (spec.task === 'classify') {
    const [before, after] = [
      decidedClasses(float32, count, spec.labels?.length),
      decidedClasses(int8, count, spec.labels?.length),
    ];
    result.decisionsChanged = before.reduce((changed, one, i) => changed + (one === after[i] ? 0 : 1), 0) / count;
  }
  return result;
}
