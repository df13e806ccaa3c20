/** From the outputs of the network to what a user wants to read, and from a sample message to its true labels. */
import { decodeSamples } from '../../lib/data/samples-message';
import { argmaxRows } from '../../lib/metrics/classification';
import type { ModelSpec } from '../../lib/model/spec';
import type { Normalisation, SampleBlock } from '../../lib/training/engine';
import type { SamplesHeader } from '../../lib/update/message';
import { isKind } from './global-model';
import type { FlowMessage } from './red';

export interface Answer {
  /** classify */
  label?: string | number;
  confidence?: number;
  scores?: Record<string, number>;
  /** regress: one output or several */
  value?: number;
  values?: number[];
  /** anomaly: mean squared reconstruction error, in normalised units */
  error?: number;
  round: number;
  /** The true label or value, when the sample came with one. */
  expected?: unknown;
}

function classes(spec: ModelSpec, outputs: Float32Array, count: number): Omit<Answer, 'round'>[] {
  const width = outputs.length / count;
  const rows = Array.from({ length: count }, (_, i) => {
    const row = outputs.subarray(i * width, (i + 1) * width);
    return width === 1 ? [1 - row[0], row[0]] : [...row];
  });
  const best = argmaxRows(Float32Array.from(rows.flat()), rows[0].length);
  return rows.map((scores, i) => ({
    label: spec.labels?.[best[i]] ?? best[i],
    confidence: scores[best[i]],
    scores: Object.fromEntries(scores.map((score, k) => [spec.labels?.[k] ?? String(k), score])),
  }));
}

function reconstructionErrors(
  { features, count }: SampleBlock,
  outputs: Float32Array,
  normalisation: Normalisation | undefined,
): Omit<Answer, 'round'>[] {
  const width = features.length / count;
  return Array.from({ length: count }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < width; k++) {
      const raw = features[i * width + k];
      const input = normalisation ? (raw - normalisation.mean[k]) / normalisation.std[k] : raw;
      sum += (input - outputs[i * width + k]) ** 2;
    }
    return { error: sum / width };
  });
}

/** One answer for each sample of the block, which has at least one. */
export function answersOf(
  spec: ModelSpec,
  block: SampleBlock,
  outputs: Float32Array,
  normalisation: Normalisation | undefined,
): Omit<Answer, 'round'>[] {
  const { count } = block;
  if (spec.task === 'classify') return classes(spec, outputs, count);
  if (spec.task === 'anomaly') return reconstructionErrors(block, outputs, normalisation);
  const width = outputs.length / count;
  return Array.from({ length: count }, (_, i) => {
    const values = [...outputs.subarray(i * width, (i + 1) * width)];
    return width === 1 ? { value: values[0] } : { values };
  });
}

function expectedOfSuite(fl: SamplesHeader, payload: unknown): unknown[] {
  const { targets } = decodeSamples(fl, payload);
  if (fl.targets === 0) return [];
  return Array.from({ length: fl.count }, (_, i) => {
    const own = [...targets.subarray(i * fl.targets, (i + 1) * fl.targets)];
    return fl.targets > 1 ? own : (fl.classes?.[own[0]] ?? own[0]);
  });
}

/** The true labels that a message carries, in the order of its samples; undefined where there is none. */
export function expectedOf(msg: FlowMessage, sample: unknown, many: boolean): unknown[] {
  if (isKind(msg, 'samples')) return expectedOfSuite(msg.fl, msg.payload);
  const own = (item: unknown): unknown =>
    typeof item === 'object' && item !== null && Object.hasOwn(item, 'label')
      ? (item as { label: unknown }).label
      : undefined;
  if (!many) return [msg.label ?? own(sample)];
  const { label } = msg;
  return (sample as unknown[]).map((item, i) => (Array.isArray(label) ? label[i] : undefined) ?? own(item));
}
