/** From what the network says about the held-out samples to the figures of the metrics message. */
import type { AnomalyTruth } from '../../lib/metrics/anomalies';
import {
  type Evaluation,
  evaluateClasses,
  evaluateNumbers,
  evaluateReconstruction,
} from '../../lib/metrics/evaluation';
import { evaluateLabels } from '../../lib/metrics/multi-label';
import type { ModelSpec } from '../../lib/model/spec';
import { RefusedError } from '../../lib/refused';
import type { Normalisation, SampleBlock } from '../../lib/training/engine';

/** Which of the labels counts as positive; '' means the last. Throws RefusedError when the model has no such label. */
export function positiveIndex(spec: ModelSpec, label: string): number {
  const labels = spec.labels ?? [];
  if (label === '') return Math.max(0, labels.length - 1);
  const index = labels.indexOf(label);
  if (spec.task === 'classify' && index < 0) {
    throw new RefusedError(
      'unknown-label',
      `The positive class "${label}" is no label of the model: choose one of ${labels.join(', ')}.`,
    );
  }
  return Math.max(0, index);
}

function normalised({ features, count }: SampleBlock, normalisation: Normalisation | undefined): Float32Array {
  if (!normalisation) return features;
  const { mean, std } = normalisation;
  const width = features.length / Math.max(1, count);
  return features.map((value, i) => (value - mean[i % width]) / std[i % width]);
}

/** `outputs`: what the engine gave for `samples`, in order. */
export function figures(
  spec: ModelSpec,
  samples: SampleBlock,
  outputs: Float32Array,
  normalisation: Normalisation | undefined,
  positive: number,
  { threshold, samplesPerDay }: Omit<AnomalyTruth, 'truth'> = {},
): Evaluation {
  switch (spec.task) {
    case 'classify':
      return evaluateClasses(samples.targets, outputs, spec.labels ?? [], positive);
    case 'regress':
      return evaluateNumbers(samples.targets, outputs, samples.count);
    case 'multi-label':
      return evaluateLabels(samples.targets, outputs, spec.labels ?? []);
    case 'anomaly':
      return evaluateReconstruction(normalised(samples, normalisation), outputs, samples.count, {
        truth: samples.targets,
        threshold,
        samplesPerDay,
      });
  }
}

/** The figure for the status line: its key there, and the number. */
export function mainFigure(evaluation: Evaluation): {
  key: 'f1' | 'accuracy' | 'mae' | 'reconstruction' | 'averagePrecision' | 'macroF1';
  value: string;
} {
  if (evaluation.task === 'multi-label') return { key: 'macroF1', value: evaluation.macro.f1.toFixed(3) };
  if (evaluation.task === 'regress') return { key: 'mae', value: evaluation.mae.toPrecision(3) };
  if (evaluation.task === 'anomaly') {
    const { averagePrecision: ranked, rmse } = evaluation;
    return typeof ranked === 'number'
      ? { key: 'averagePrecision', value: ranked.toFixed(3) }
      : { key: 'reconstruction', value: rmse.toPrecision(3) };
  }
  return evaluation.labels.length === 2
    ? { key: 'f1', value: evaluation.f1.toFixed(3) }
    : { key: 'accuracy', value: evaluation.accuracy.toFixed(3) };
}

/** Figures that are single numbers. */
export const numbersOf = (evaluation: object): Record<string, number> =>
  Object.fromEntries(
    Object.entries(evaluation).filter((entry): entry is [string, number] => Number.isFinite(entry[1])),
  );
