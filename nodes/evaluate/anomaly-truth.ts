/** What is known of the samples that an autoencoder is measured on: which of them are anomalies. */
import { classIndex, unknownClass } from '../../lib/data/labels';
import { samplesFrom, shapeOf } from '../../lib/data/sample-input';
import { decodeSamples } from '../../lib/data/samples-message';
import type { ModelSpec } from '../../lib/model/spec';
import { RefusedError } from '../../lib/refused';
import type { SampleBlock } from '../../lib/training/engine';
import { isKind } from '../shared/global-model';
import type { FlowMessage } from '../shared/red';

/** Of a sample that nobody has named. */
export const UNKNOWN = -1;

const words: Record<string, number> = {
  anomaly: 1,
  anomalous: 1,
  true: 1,
  yes: 1,
  1: 1,
  normal: 0,
  ok: 0,
  false: 0,
  no: 0,
  0: 0,
};

/** `positive`: what an anomaly is called; empty: anomaly, yes, true or 1, and anything else that is not their opposite. */
function truthOf(label: unknown, positive: string): number {
  if (label === undefined || label === null || label === '') return UNKNOWN;
  const name = String(label).trim();
  if (positive !== '') return name === positive ? 1 : 0;
  const known = words[name.toLowerCase()];
  if (known !== undefined) return known;
  throw new RefusedError(
    'unknown-label',
    `Write into "Positive" what an anomaly is called: "${name.slice(0, 40)}" may be one or not.`,
  );
}

function ofSuite(msg: FlowMessage & { fl: Parameters<typeof decodeSamples>[0] }, positive: string): number[] {
  const { targets, count } = decodeSamples(msg.fl, msg.payload);
  const { classes, targets: width } = msg.fl;
  if (width === 0) return new Array<number>(count).fill(UNKNOWN);
  if (width > 1)
    throw new RefusedError('target-count', 'An anomaly is told by one label, but the samples have several.');
  if (!Array.isArray(classes)) return Array.from(targets, (target) => (target > 0 ? 1 : 0));
  const index = positive === '' ? classes.length - 1 : classIndex(positive, classes);
  if (index < 0) throw new RefusedError('unknown-label', unknownClass(positive, classes));
  return Array.from(targets, (target) => (target === index ? 1 : 0));
}

/** The samples of a message, each with one target: 1 an anomaly, 0 normal, UNKNOWN. Throws RefusedError. */
export function anomalySamples(msg: FlowMessage, spec: ModelSpec, positive: string): SampleBlock {
  const block = samplesFrom(msg, shapeOf(spec, 0));
  if (isKind(msg, 'samples')) return { ...block, targets: Float32Array.from(ofSuite(msg, positive)) };
  const { payload, label } = msg;
  const many = block.count > 1 || (Array.isArray(payload) && payload.length === 1 && typeof payload[0] === 'object');
  const own = (item: unknown): unknown =>
    typeof item === 'object' && item !== null && Object.hasOwn(item, 'label')
      ? (item as { label: unknown }).label
      : undefined;
  const labels = Array.from({ length: block.count }, (_, i) => {
    if (!many) return label ?? own(payload);
    return (Array.isArray(label) ? label[i] : label) ?? own((payload as unknown[])[i]);
  });
  return { ...block, targets: Float32Array.from(labels, (one) => truthOf(one, positive)) };
}
