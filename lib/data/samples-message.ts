/** Samples as a message of the flow: one Buffer of float32 rows, features then targets. */
import type { SampleBlock } from '../training/engine';
import { type Message, RefusedError, type SamplesHeader } from '../update/message';
import { readVector, vectorPayload } from '../update/vector';

/** Facts about the samples that the block itself does not hold. */
export type SamplesInfo = Omit<SamplesHeader, 'kind' | 'count' | 'width' | 'targets'>;

const MAX_ROW = 1 << 20;

export function encodeSamples(
  block: SampleBlock,
  width: number,
  targets: number,
  info: SamplesInfo,
): Message<SamplesHeader> {
  const { count } = block;
  const rows = new Float32Array(count * (width + targets));
  for (let i = 0; i < count; i++) {
    const at = i * (width + targets);
    rows.set(block.features.subarray(i * width, (i + 1) * width), at);
    rows.set(block.targets.subarray(i * targets, (i + 1) * targets), at + width);
  }
  return { fl: { kind: 'samples', count, width, targets, ...info }, payload: vectorPayload(rows) };
}

const isCount = (value: unknown, most: number): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;

/** Checks sizes and that every number is finite. Throws RefusedError (code "samples"). */
export function decodeSamples(fl: SamplesHeader, payload: unknown): SampleBlock {
  const { count, width, targets } = fl;
  if (!isCount(width, MAX_ROW) || width === 0 || !isCount(targets, MAX_ROW) || !isCount(count, 2 ** 31)) {
    throw new RefusedError(
      'samples',
      'The samples message has no usable count, width and targets: send what fl-dataset sends.',
    );
  }
  if (!(payload instanceof Uint8Array) || payload.byteLength !== count * (width + targets) * 4) {
    const bytes = payload instanceof Uint8Array ? `${payload.byteLength} bytes` : 'no Buffer';
    throw new RefusedError(
      'samples',
      `The samples message should hold ${count * (width + targets) * 4} bytes, but has ${bytes}.`,
    );
  }
  const rows = readVector(
    Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength),
    count * (width + targets),
  );
  const features = new Float32Array(count * width);
  const labels = new Float32Array(count * targets);
  for (let i = 0; i < count; i++) {
    const at = i * (width + targets);
    features.set(rows.subarray(at, at + width), i * width);
    labels.set(rows.subarray(at + width, at + width + targets), i * targets);
  }
  if (!features.every(Number.isFinite) || !labels.every(Number.isFinite)) {
    throw new RefusedError('samples', 'The samples message holds a number that is not finite: clean the rows before.');
  }
  return { features, targets: labels, count };
}
