/** Several labels at once: each is decided by itself, and what they have in common is told as means over them. */
import { averagePrecision, rocAuc } from './ranking';

export interface LabelFigures {
  label: string;
  /** True samples of it. */
  support: number;
  precision: number;
  recall: number;
  f1: number;
  /** null: all samples have it, or none has. */
  averagePrecision: number | null;
  rocAuc: number | null;
}

export interface MultiLabel {
  task: 'multi-label';
  samples: number;
  /** Mean binary cross-entropy over samples and labels. */
  loss: number;
  /** Share of samples with every label right. */
  exactMatch: number;
  /** Share of (sample, label) that are wrong. */
  hammingLoss: number;
  /** Over all (sample, label) together. */
  micro: { precision: number; recall: number; f1: number; averagePrecision: number | null };
  /** Unweighted means over the labels; the ranking figures over those that have one. */
  macro: { precision: number; recall: number; f1: number; averagePrecision: number | null };
  labels: LabelFigures[];
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
const mean = (values: readonly number[]): number =>
  ratio(
    values.reduce((a, b) => a + b, 0),
    values.length,
  );

interface Counts {
  hits: number;
  decided: number;
  support: number;
}

/** 0 where a denominator is 0; F1 = 2TP / (2TP + FP + FN). */
const scoresOf = ({ hits, decided, support }: Counts) => ({
  precision: ratio(hits, decided),
  recall: ratio(hits, support),
  f1: ratio(2 * hits, decided + support),
});

const ranked = (truth: Uint8Array): boolean => truth.includes(1) && truth.includes(0);

/** `truth` (0 or 1) and `outputs` (probabilities): n x labels. A label is decided at a probability above 0.5. */
export function evaluateLabels(truth: ArrayLike<number>, outputs: Float32Array, names: readonly string[]): MultiLabel {
  const width = names.length;
  const samples = truth.length / width;
  if (truth.length !== outputs.length || !Number.isInteger(samples) || samples < 1) {
    throw new RangeError(`${outputs.length} outputs and ${truth.length} truths for ${width} labels`);
  }
  if (!outputs.every(Number.isFinite)) throw new RangeError('the model gives outputs that are not finite');
  const true_ = Uint8Array.from(truth, (value) => (value > 0 ? 1 : 0));
  const isRight = (at: number): boolean => outputs[at] > 0.5 === (true_[at] === 1);
  let loss = 0;
  let wrong = 0;
  let exact = 0;
  for (let row = 0; row < samples; row++) {
    let errors = 0;
    for (let at = row * width; at < (row + 1) * width; at++) {
      const p = true_[at] === 1 ? outputs[at] : 1 - outputs[at];
      loss -= Math.log(Math.min(1, Math.max(1e-7, p)));
      if (!isRight(at)) errors += 1;
    }
    wrong += errors;
    if (errors === 0) exact += 1;
  }
  const all: Counts = { hits: 0, decided: 0, support: 0 };
  const labels = names.map((label, k): LabelFigures => {
    const own = Uint8Array.from({ length: samples }, (_, row) => true_[row * width + k]);
    const scores = Float32Array.from({ length: samples }, (_, row) => outputs[row * width + k]);
    const counts: Counts = { hits: 0, decided: 0, support: 0 };
    for (let row = 0; row < samples; row++) {
      const decided = scores[row] > 0.5 ? 1 : 0;
      counts.decided += decided;
      counts.support += own[row];
      counts.hits += decided * own[row];
    }
    all.hits += counts.hits;
    all.decided += counts.decided;
    all.support += counts.support;
    return {
      label,
      support: counts.support,
      ...scoresOf(counts),
      averagePrecision: ranked(own) ? averagePrecision(own, scores) : null,
      rocAuc: ranked(own) ? rocAuc(own, scores) : null,
    };
  });
  const precisions = labels.flatMap((one) => (one.averagePrecision === null ? [] : [one.averagePrecision]));
  return {
    task: 'multi-label',
    samples,
    loss: loss / truth.length,
    exactMatch: exact / samples,
    hammingLoss: wrong / truth.length,
    micro: { ...scoresOf(all), averagePrecision: ranked(true_) ? averagePrecision(true_, outputs) : null },
    macro: {
      precision: mean(labels.map(({ precision }) => precision)),
      recall: mean(labels.map(({ recall }) => recall)),
      f1: mean(labels.map(({ f1 }) => f1)),
      averagePrecision: precisions.length > 0 ? mean(precisions) : null,
    },
    labels,
  };
}
