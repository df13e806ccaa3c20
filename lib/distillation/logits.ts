/**
 * Logits of what a network says of rows, from its probabilities. Those of a classifier are known up to a shift of each row: they
 * are centred, so that the mean of several is a mean of logits whatever each network's own shifts are.
 */
import type { ModelSpec } from '../model';
import { RefusedError } from '../refused';
import type { SoftTargets } from '../training/engine';

/** Of a probability, in float32 numbers: 1 - p has no more digits. It keeps logits within 16.2 of one another. */
const FLOOR = 1e-7;

type Outputs = Pick<ModelSpec, 'task' | 'labels' | 'loss'>;

const isOneSigmoid = ({ task, loss }: Outputs): boolean => task === 'classify' && loss === 'sigmoid_cross_entropy';

/** Logits of a row. Throws RefusedError 'distill-task' for a model that does not tell labels apart. */
export function labelsOf({ task, labels }: Pick<ModelSpec, 'task' | 'labels'>): string[] {
  if (!labels) {
    throw new RefusedError(
      'distill-task',
      `What is learned from predictions are labels: a model for ${task} has none.`,
    );
  }
  return labels;
}

/**
 * Throws RefusedError 'distill-labels' unless both tell the same labels apart in the same way: 'one of them' and 'any of them'
 * are two tasks.
 */
export function checkSameLabels(one: Outputs, other: Outputs): void {
  const [mine, theirs] = [labelsOf(one), labelsOf(other)];
  if (one.task === other.task && mine.length === theirs.length && mine.every((label, i) => label === theirs[i])) return;
  throw new RefusedError(
    'distill-labels',
    `Both models must have the same task and the same labels in the same order, not ${shown(one.task, mine)} and ${shown(other.task, theirs)}.`,
  );
}

const shown = (task: string, labels: readonly string[]): string =>
  `${task} of ${labels.slice(0, 5).join(', ')}${labels.length > 5 ? ` and ${labels.length - 5} more` : ''}`;

const floored = (p: number): number => Math.min(1, Math.max(FLOOR, p));

function areProbabilities(outputs: Float32Array): boolean {
  let all = true;
  for (let i = 0; i < outputs.length; i++) all &&= outputs[i] >= 0 && outputs[i] <= 1.001;
  return all;
}

/**
 * Rows x labels. Of a classifier log p less its mean in the row (log softmax, centred); one sigmoid output speaks for two
 * labels. Of any of several labels log p / (1 - p), which have no shift. Throws RefusedError 'distill-outputs' for what are
 * no probabilities.
 */
export function logitsOf(outputs: Float32Array, spec: Outputs): Float32Array {
  if (!areProbabilities(outputs)) {
    throw new RefusedError('distill-outputs', 'What the network says are no probabilities from 0 to 1: train it anew.');
  }
  if (spec.task === 'multi-label') return outputs.map((p) => Math.log(floored(p)) - Math.log(floored(1 - p)));
  const whole = isOneSigmoid(spec) ? bothOf(outputs) : outputs;
  const labels = labelsOf(spec).length;
  const row = new Float64Array(labels);
  const logits = new Float32Array(whole.length);
  for (let at = 0; at < whole.length; at += labels) {
    let mean = 0;
    for (let c = 0; c < labels; c++) {
      row[c] = Math.log(floored(whole[at + c]));
      mean += row[c] / labels;
    }
    for (let c = 0; c < labels; c++) logits[at + c] = row[c] - mean;
  }
  return logits;
}

/** [1 - p, p] for each p. */
function bothOf(outputs: Float32Array): Float64Array {
  const both = new Float64Array(2 * outputs.length);
  for (const [i, p] of outputs.entries()) both.set([1 - p, p], 2 * i);
  return both;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/**
 * Rows x outputs of the network `spec`: softmax(z / T) of logits that may be shifted, or sigmoid(z / T) where the network has
 * sigmoid outputs (Hinton 2015, arXiv 1503.02531).
 */
export function softened(logits: Float32Array, spec: Outputs, temperature: number): Float32Array {
  if (spec.task === 'multi-label') return logits.map((z) => sigmoid(z / temperature));
  if (isOneSigmoid(spec)) {
    return Float32Array.from({ length: logits.length / 2 }, (_, i) =>
      sigmoid((logits[2 * i + 1] - logits[2 * i]) / temperature),
    );
  }
  const labels = labelsOf(spec).length;
  const row = new Float64Array(labels);
  const soft = new Float32Array(logits.length);
  for (let at = 0; at < logits.length; at += labels) {
    let top = logits[at];
    for (let i = at + 1; i < at + labels; i++) top = Math.max(top, logits[i]);
    let sum = 0;
    for (let c = 0; c < labels; c++) {
      row[c] = Math.exp((logits[at + c] - top) / temperature);
      sum += row[c];
    }
    for (let c = 0; c < labels; c++) soft[at + c] = row[c] / sum;
  }
  return soft;
}

/** What a student with the network `spec` is taught by logits of the same labels. */
export const softTargets = (
  logits: Float32Array,
  spec: Outputs,
  { temperature, share }: Pick<SoftTargets, 'temperature' | 'share'>,
): SoftTargets => ({ probabilities: softened(logits, spec, temperature), temperature, share });
