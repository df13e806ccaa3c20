/** The figures that fit a model's task, as one small object for a message, a chart or a database. */
import { type AnomalyFigures, type AnomalyTruth, anomalyFigures } from './anomalies';
import {
  accuracy,
  argmaxRows,
  type ClassScores,
  classScores,
  confusionMatrix,
  logLoss,
  macroScores,
} from './classification';
import type { MultiLabel } from './multi-label';
import { averagePrecision, rocAuc } from './ranking';
import { reconstructionErrors } from './reconstruction';
import { meanAbsoluteError, rootMeanSquaredError, rSquared } from './regression';

export interface Classification {
  task: 'classify';
  samples: number;
  loss: number;
  accuracy: number;
  /** Of the positive class with two classes, else the mean over classes. */
  precision: number;
  recall: number;
  f1: number;
  /** Two classes only. null: only one class occurs in the samples. */
  averagePrecision?: number | null;
  rocAuc?: number | null;
  /** confusion[truth][decision]. */
  confusion: number[][];
  labels: string[];
}

export interface Errors {
  mae: number;
  rmse: number;
  r2: number;
}

export interface Regression extends Errors {
  task: 'regress';
  samples: number;
  /** One for each output, when there are several: `mae` and `rmse` are then over all, `r2` the mean over the outputs. */
  outputs?: Errors[];
}

export type Evaluation = Classification | Regression | AnomalyFigures | MultiLabel;

/** One sigmoid output and two labels: p becomes [1 - p, p]. */
function twoColumns(outputs: Float32Array): Float32Array {
  const both = new Float32Array(outputs.length * 2);
  outputs.forEach((p, i) => {
    both[2 * i] = 1 - p;
    both[2 * i + 1] = p;
  });
  return both;
}

/**
 * `outputs`: n x labels probabilities, or n x 1 for a sigmoid output; `truth`: n class indices. With two labels the
 * `positive` one (default the second) is decided at a probability above 0.5 and ranked for AP and ROC-AUC.
 */
export function evaluateClasses(
  truth: ArrayLike<number>,
  outputs: Float32Array,
  labels: readonly string[],
  positive = 1,
): Classification {
  const classes = Math.max(2, labels.length);
  const single = outputs.length === truth.length && classes === 2;
  const probabilities = single ? twoColumns(outputs) : outputs;
  if (probabilities.length !== truth.length * classes) {
    throw new RangeError(`${outputs.length} outputs for ${truth.length} samples of ${classes} classes`);
  }
  if (!probabilities.every(Number.isFinite)) throw new RangeError('the model gives outputs that are not finite');
  const confusion = confusionMatrix(truth, argmaxRows(probabilities, classes), classes);
  const scores: Omit<ClassScores, 'support'> =
    classes === 2 ? classScores(confusion, positive) : macroScores(confusion);
  const evaluation: Classification = {
    task: 'classify',
    samples: truth.length,
    loss: logLoss(truth, probabilities, classes),
    accuracy: accuracy(confusion),
    precision: scores.precision,
    recall: scores.recall,
    f1: scores.f1,
    confusion,
    labels: [...labels],
  };
  if (classes === 2) {
    const hits = Uint8Array.from({ length: truth.length }, (_, i) => (truth[i] === positive ? 1 : 0));
    const ranks = Float32Array.from({ length: truth.length }, (_, i) => probabilities[2 * i + positive]);
    const ranked = hits.includes(1) && hits.includes(0);
    evaluation.averagePrecision = ranked ? averagePrecision(hits, ranks) : null;
    evaluation.rocAuc = ranked ? rocAuc(hits, ranks) : null;
  }
  return evaluation;
}

const errorsOf = (truth: Float32Array, outputs: Float32Array): Errors => ({
  mae: meanAbsoluteError(truth, outputs),
  rmse: rootMeanSquaredError(truth, outputs),
  r2: rSquared(truth, outputs),
});

/** `truth` and `outputs`: samples x numbers that are foretold. */
export function evaluateNumbers(truth: Float32Array, outputs: Float32Array, samples: number): Regression {
  const width = truth.length / samples;
  const all = errorsOf(truth, outputs);
  if (width === 1) return { task: 'regress', samples, ...all };
  const column = (from: Float32Array, k: number): Float32Array => from.filter((_, i) => i % width === k);
  const each = Array.from({ length: width }, (_, k) => errorsOf(column(truth, k), column(outputs, k)));
  // Over numbers of unlike size together R^2 would be near 1 whatever is foretold.
  const r2 = each.reduce((sum, one) => sum + one.r2, 0) / width;
  return { task: 'regress', samples, ...all, r2, outputs: each };
}

/** Autoencoders: how far the reconstruction is from the (normalised) input, and what that says about the known anomalies. */
export function evaluateReconstruction(
  inputs: Float32Array,
  outputs: Float32Array,
  samples: number,
  known: AnomalyTruth = { truth: [] },
): AnomalyFigures {
  const errors = reconstructionErrors(inputs, outputs, samples, undefined);
  return {
    task: 'anomaly',
    mae: meanAbsoluteError(inputs, outputs),
    rmse: rootMeanSquaredError(inputs, outputs),
    ...anomalyFigures(errors, known),
  };
}
