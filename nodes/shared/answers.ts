/** From the outputs of the network to what a user wants to read, and from a sample message to its true labels. */
import { decodeSamples } from '../../lib/data/samples-message';
import { argmaxRows } from '../../lib/metrics/classification';
import { reconstructionErrors } from '../../lib/metrics/reconstruction';
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
  /** multi-label: those with a score above 0.5 */
  labels?: string[];
  /** regress: one output or several */
  value?: number;
  values?: number[];
  /** anomaly: mean squared reconstruction error, in normalised units */
  error?: number;
  /** anomaly, when the federation has a threshold: the error over it (above 1 is an anomaly), and the verdict */
  score?: number;
  anomaly?: boolean;
  threshold?: number;
  round: number;
  /** The client whose own model it was; absent: that of the federation. */
  personal?: string;
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

function severalLabels(spec: ModelSpec, outputs: Float32Array, count: number): Omit<Answer, 'round'>[] {
  const width = outputs.length / count;
  const names = Array.from({ length: width }, (_, k) => spec.labels?.[k] ?? String(k));
  return Array.from({ length: count }, (_, i) => {
    const row = outputs.subarray(i * width, (i + 1) * width);
    return {
      labels: names.filter((_, k) => row[k] > 0.5),
      scores: Object.fromEntries(names.map((name, k) => [name, row[k]])),
    };
  });
}

/** `limit`: the error above which a sample is an anomaly; undefined: nobody knows one. */
const verdictOn = (error: number, limit: number | undefined): Omit<Answer, 'round'> =>
  limit === undefined
    ? { error }
    : {
        error,
        threshold: limit,
        score: limit > 0 ? error / limit : error > 0 ? Number.MAX_VALUE : 0,
        anomaly: error > limit,
      };

/** One answer for each sample of the block, which has at least one. */
export function answersOf(
  spec: ModelSpec,
  block: SampleBlock,
  outputs: Float32Array,
  normalisation: Normalisation | undefined,
  threshold?: number,
): Omit<Answer, 'round'>[] {
  const { count } = block;
  if (spec.task === 'classify') return classes(spec, outputs, count);
  if (spec.task === 'multi-label') return severalLabels(spec, outputs, count);
  if (spec.task === 'anomaly') {
    const errors = reconstructionErrors(block.features, outputs, count, normalisation);
    return Array.from(errors, (error) => verdictOn(error, threshold));
  }
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
    if (fl.targets === 1) return fl.classes?.[own[0]] ?? own[0];
    return fl.classes?.length === fl.targets ? fl.classes.filter((_, k) => own[k] === 1) : own;
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
