/**
 * Only some numbers are sent, the others are read as zeros.
 *
 * - top-k: those of the greatest magnitude (Aji & Heafield 2017, arXiv 1704.05021; Lin 2018, arXiv 1712.01887).
 * - random-k: by lot (Konečný 2016, arXiv 1610.05492; Stich 2018, arXiv 1809.07599); a seed says which.
 * - given: those that somebody else has chosen (pruning).
 * - threshold: those whose magnitude is not below a bound (Strom 2015); the greatest one where there are none.
 *
 * Side data: where they lie (positions.ts), or for random-k the seed as uint32 and for each tensor, or for all together, how many
 * as uint32. What is left of a tensor has one channel; tensors of which nothing is left are gone.
 */
import { randomInt } from 'node:crypto';
import type { Kernels } from '../../core/kernels';
import { type CodecStep, RefusedError, type TensorSizes } from '../message';
import { requireFinite, vectorSize } from '../vector';
import type { Narrowed, Selector } from './codec';
import { packPositions, readPositions } from './positions';

export type SparsifyOptions =
  /** `share` of the numbers, above 0 up to 1; `per` tensor (default), or of all numbers together. At least one is sent. */
  | { method: 'top-k'; share: number; per?: 'tensor' | 'all' }
  | {
      method: 'random-k';
      share: number;
      per?: 'tensor' | 'all';
      /** Default: from the operating system. */
      seed?: number;
      /** What is sent is divided by the share, so that the update is right on average. For updates without error feedback. */
      unbiased?: boolean;
    }
  /** `threshold`: above 0. */
  | { method: 'threshold'; threshold: number }
  /** Where the numbers lie that are sent, ascending; at least one. */
  | { method: 'given'; positions: Uint32Array };

const bad = (message: string): never => {
  throw new RefusedError('codec-parameters', message);
};

/** [first number, size] of the parts that are looked at each by itself. */
const partsOf = (tensors: TensorSizes, perTensor: boolean): [start: number, size: number][] => {
  if (!perTensor) return [[0, vectorSize(tensors)]];
  let start = 0;
  return tensors.map(([size]) => {
    start += size;
    return [start - size, size];
  });
};

const isPerTensor = (per: unknown): boolean =>
  per === 'tensor' ? true : per === 'all' ? false : bad('Numbers are chosen of each "tensor" or of "all" together.');

/** How many of a part are sent. */
export const keptOf = (share: number, size: number): number => Math.min(size, Math.max(1, Math.round(share * size)));

function joined(found: readonly Uint32Array[], starts: readonly number[]): Uint32Array {
  const all = new Uint32Array(found.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  found.forEach((positions, part) => {
    for (const position of positions) all[at++] = starts[part] + position;
  });
  return all;
}

const gather = (vector: Float32Array, positions: Uint32Array): Float32Array => {
  const values = new Float32Array(positions.length);
  for (let i = 0; i < values.length; i++) values[i] = vector[positions[i]];
  return values;
};

/** What is left of each tensor. */
function narrowedTensors(tensors: TensorSizes, positions: Uint32Array): TensorSizes {
  const left: TensorSizes = [];
  let end = 0;
  let at = 0;
  for (const [size] of tensors) {
    end += size;
    const from = at;
    while (at < positions.length && positions[at] < end) at++;
    if (at > from) left.push([at - from, 1]);
  }
  return left;
}

export type SparsifyKernels = Pick<Kernels, 'allFinite' | 'greatest' | 'notBelow' | 'draw'>;

export function sparsifyWith(kernels: SparsifyKernels): Selector<SparsifyOptions> {
  const draw = (
    seed: number,
    parts: readonly [start: number, size: number][],
    counts: readonly number[],
  ): Uint32Array =>
    joined(
      parts.map(([, size], part) => kernels.draw(size, counts[part], (seed + part) >>> 0)),
      parts.map(([start]) => start),
    );

  /** The greatest of each part; where all are zeros the first number stands for them. */
  const greatest = (
    vector: Float32Array,
    parts: readonly [start: number, size: number][],
    share: number,
  ): Uint32Array => {
    const found = joined(
      parts.map(([start, size]) => kernels.greatest(vector.subarray(start, start + size), keptOf(share, size))),
      parts.map(([start]) => start),
    );
    return found.length > 0 ? found : Uint32Array.of(0);
  };

  const encode = (vector: Float32Array, tensors: TensorSizes, options: SparsifyOptions) => {
    if (vector.length !== vectorSize(tensors)) bad('The vector does not have the length of its tensors.');
    requireFinite(vector, kernels);
    const { method } = options;
    if (method === 'threshold') {
      const { threshold } = options;
      if (!(threshold > 0 && threshold <= 1e9)) bad('Set the threshold to a number above 0.');
      const found = kernels.notBelow(vector, threshold);
      const positions = found.length > 0 ? found : greatest(vector, [[0, vector.length]], Number.MIN_VALUE);
      const { side, how } = packPositions(positions, vector.length);
      const step: CodecStep = { name: 'sparsify', method, ...how };
      return { side, kept: gather(vector, positions), step };
    }
    if (method === 'given') {
      const { positions } = options;
      const isGood = positions.every(
        (position, i) => position < vector.length && (i === 0 || position > positions[i - 1]),
      );
      if (positions.length === 0 || !isGood)
        bad('The numbers to be sent are told by ascending positions, at least one.');
      const { side, how } = packPositions(positions, vector.length);
      const step: CodecStep = { name: 'sparsify', method, ...how };
      return { side, kept: gather(vector, positions), step };
    }
    if (method !== 'top-k' && method !== 'random-k') bad('Numbers are chosen by top-k, random-k or threshold.');
    const { share, per = 'tensor' } = options;
    if (!(share > 0 && share <= 1)) bad('Send a share of the numbers above 0 and up to 1.');
    const parts = partsOf(tensors, isPerTensor(per));
    if (method === 'top-k') {
      const positions = greatest(vector, parts, share);
      const { side, how } = packPositions(positions, vector.length);
      const step: CodecStep = { name: 'sparsify', method, ...how };
      return { side, kept: gather(vector, positions), step };
    }
    const { seed = randomInt(0x100000000), unbiased } = options;
    const counts = parts.map(([, size]) => keptOf(share, size));
    const positions = draw(seed, parts, counts);
    const kept = gather(vector, positions);
    if (unbiased) {
      let at = 0;
      for (const [part, [, size]] of parts.entries()) {
        for (let i = 0; i < counts[part]; i++) kept[at++] *= size / counts[part];
      }
    }
    const side = Buffer.alloc(4 + 4 * counts.length);
    side.writeUInt32LE(seed, 0);
    for (const [part, count] of counts.entries()) side.writeUInt32LE(count, 4 + 4 * part);
    const step: CodecStep = { name: 'sparsify', method, coding: 'seed', per };
    return { side, kept, step };
  };

  /** The positions by lot, which the seed and the counts in front of the payload say. */
  const drawn = (payload: Buffer, per: unknown, tensors: TensorSizes): { positions: Uint32Array; bytes: number } => {
    const parts = partsOf(tensors, isPerTensor(per));
    const bytes = 4 + 4 * parts.length;
    if (payload.length < bytes) {
      throw new RefusedError('payload-size', 'The payload ends before it says which numbers it holds.');
    }
    const counts = parts.map(([, size], part) => {
      const count = payload.readUInt32LE(4 + 4 * part);
      return count >= 1 && count <= size ? count : bad(`The update names ${count} of ${size} numbers.`);
    });
    return { positions: draw(payload.readUInt32LE(0), parts, counts), bytes };
  };

  const narrow = (payload: Buffer, step: CodecStep, tensors: TensorSizes): Narrowed => {
    const length = vectorSize(tensors);
    const { positions, bytes } =
      step.coding === 'seed' ? drawn(payload, step.per, tensors) : readPositions(payload, step, length);
    return {
      sideBytes: bytes,
      tensors: narrowedTensors(tensors, positions),
      select: (vector) => gather(vector, positions),
      restore(kept) {
        const vector = new Float32Array(length);
        for (let i = 0; i < positions.length; i++) vector[positions[i]] = kept[i];
        return vector;
      },
    };
  };

  return { name: 'sparsify', role: 'selector', encode, narrow };
}
