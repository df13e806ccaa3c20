/**
 * Some tensors are left out whole: those that stay at home in a personal model. Which ones is a setting and tells nothing
 * of the data, so noise may follow.
 *
 * Side data: one bit for each tensor, least significant first, 1 where it is there; spare bits are 0. Behind several
 * vectors of a model the same tensors of each are left out. Restored, they are zeros.
 */
import { type CodecStep, RefusedError, type TensorSizes } from '../message';
import { vectorSize } from '../vector';
import type { Narrowed, Selector } from './codec';

export interface LayersOptions {
  /** One for each tensor; at least one is kept. */
  kept: readonly boolean[];
}

const bad = (message: string): never => {
  throw new RefusedError('codec-parameters', message);
};

/** [first number, end] of each tensor that is kept. */
function ranges(tensors: TensorSizes, kept: readonly boolean[]): [from: number, to: number][] {
  const found: [number, number][] = [];
  let start = 0;
  for (const [i, [size]] of tensors.entries()) {
    if (kept[i]) found.push([start, start + size]);
    start += size;
  }
  return found;
}

function selected(vector: Float32Array, rest: readonly [from: number, to: number][]): Float32Array {
  const values = new Float32Array(rest.reduce((sum, [from, to]) => sum + to - from, 0));
  let at = 0;
  for (const [from, to] of rest) {
    values.set(vector.subarray(from, to), at);
    at += to - from;
  }
  return values;
}

function encode(vector: Float32Array, tensors: TensorSizes, { kept }: LayersOptions) {
  if (kept.length !== tensors.length) bad('Which layers are left out must be said of each tensor of the model.');
  if (!kept.includes(true)) bad('At least one layer must be sent: keep fewer at home.');
  if (vector.length !== vectorSize(tensors)) bad('The vector does not have the length of its tensors.');
  const side = Buffer.alloc(Math.ceil(kept.length / 8));
  kept.forEach((is, i) => {
    if (is) side[i >> 3] |= 1 << (i & 7);
  });
  const step: CodecStep = { name: 'layers' };
  return { side, kept: selected(vector, ranges(tensors, kept)), step };
}

function narrow(payload: Buffer, _step: CodecStep, tensors: TensorSizes): Narrowed {
  const sideBytes = Math.ceil(tensors.length / 8);
  if (payload.length < sideBytes) {
    throw new RefusedError('payload-size', 'The payload ends before it says which layers it holds.');
  }
  const kept = tensors.map((_, i) => ((payload[i >> 3] >> (i & 7)) & 1) === 1);
  const spare = tensors.length & 7;
  if (spare > 0 && payload[sideBytes - 1] >> spare !== 0) bad('The update names layers that this model does not have.');
  if (!kept.includes(true)) bad('The update holds no layer at all.');
  const rest = ranges(tensors, kept);
  return {
    sideBytes,
    tensors: tensors.filter((_, i) => kept[i]),
    select: (vector) => selected(vector, rest),
    restore(values) {
      const vector = new Float32Array(vectorSize(tensors));
      let at = 0;
      for (const [from, to] of rest) {
        vector.set(values.subarray(at, at + to - from), from);
        at += to - from;
      }
      return vector;
    },
  };
}

export const layers: Selector<LayersOptions> = { name: 'layers', role: 'selector', encode, narrow };
