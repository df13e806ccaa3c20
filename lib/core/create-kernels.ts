/** The vector kernels on one instance of core.wasm. Vectors pass through its memory in blocks that stay in the cache. */
import { RefusedError } from '../refused';
import { INFINITY_BITS } from './bins';
import { createByCoordinate } from './by-coordinate';
import { createFold } from './fold';
import type { Kernels } from './kernels';
import { createLevels } from './levels';
import { BLOCK } from './norm';
import { createPositions } from './positions';
import { createRotate } from './rotate';
import { aligned, type Core, createCore } from './wasm';
import { createWeightedSum } from './weighted-sum';

/** Numbers of each vector, which one vector in float64 is beside, so that they stay in the first cache. */
const STRETCH = 4096;
/** Columns of a block of distances, as in core/kernels/distance.h, and the bytes of all blocks that are made at a time. */
const COLUMNS = 128;
const DISTANCE_BYTES = 2 ** 21;

function checkBits(bits: number, scales: Float32Array, zeros: Float32Array): void {
  if (!Number.isInteger(bits) || bits < 1 || bits > 16) throw new RangeError(`Codes have 1 to 16 bits, not ${bits}`);
  if (scales.length < 1 || scales.length !== zeros.length) {
    throw new RangeError(`There must be as many zeros as scales, not ${zeros.length} and ${scales.length}`);
  }
}

/** The channels as often as makes a row of whole vectors, and enough of them to keep the pipeline full. */
function rowOf(channels: number): number {
  let row = channels;
  while (row % 4 !== 0 || row < 32) row += channels;
  return row;
}

function putRows(core: Core, at: number, row: number, scales: Float32Array, zeros: Float32Array): void {
  const to = core.float32(at, 2 * row);
  for (let c = 0; c < row; c += scales.length) {
    to.set(scales, c);
    to.set(zeros, row + c);
  }
}

export function createKernels(): Kernels {
  const core = createCore();
  const { exports: wasm, base } = core;
  core.reserve(2 * BLOCK * 4);

  const blocks = (length: number, visit: (from: number, count: number) => void): void => {
    for (let from = 0; from < length; from += BLOCK) visit(from, Math.min(BLOCK, length - from));
  };

  const dot = (left: Float32Array, right: Float32Array): number => {
    if (left.length !== right.length) throw new RangeError(`Lengths differ: ${left.length} and ${right.length}`);
    const first = core.float32(base, BLOCK);
    const second = core.float32(base + BLOCK * 4, BLOCK);
    let sum = 0;
    blocks(left.length, (from, count) => {
      first.set(left.subarray(from, from + count));
      second.set(right.subarray(from, from + count));
      sum += wasm.dot(base, base + BLOCK * 4, count);
    });
    return sum;
  };

  const norm = (vector: Float32Array): number => {
    const block = core.float32(base, BLOCK);
    let sum = 0;
    blocks(vector.length, (from, count) => {
      block.set(vector.subarray(from, from + count));
      sum += wasm.squared_norm(base, count);
    });
    return Math.sqrt(sum);
  };

  return {
    fold: createFold,
    ...createWeightedSum(core),
    norm,
    dot,
    ...createByCoordinate(core),
    ...createLevels(core),
    ...createRotate(core),
    ...createPositions(core),

    distancesTo(point, vectors) {
      if (vectors.some(({ length }) => length !== point.length)) throw new RangeError('The vectors differ in length');
      const block = core.float32(base, STRETCH);
      const wide = core.float64(base + STRETCH * 4, STRETCH);
      const sums = new Float64Array(vectors.length);
      for (let from = 0; from < point.length; from += STRETCH) {
        const used = Math.min(STRETCH, point.length - from);
        wide.set(point.subarray(from, from + used));
        for (let i = 0; i < vectors.length; i++) {
          block.set(vectors[i].subarray(from, from + used));
          sums[i] += wasm.distance_wide(base, base + STRETCH * 4, used);
        }
      }
      return sums.map(Math.sqrt);
    },

    clip(vector, bound) {
      if (!(bound > 0)) throw new RangeError(`The clipping norm must be positive, not ${bound}`);
      const before = norm(vector);
      if (!Number.isFinite(before)) throw new RangeError('The vector holds numbers that are not finite');
      // The rounding to float32 may leave the norm a hair above the bound: then a hair less.
      for (let now = before, slack = 1; now > bound; now = norm(vector), slack -= 2 ** -24) {
        const factor = (bound / now) * slack;
        for (let i = 0; i < vector.length; i++) vector[i] *= factor;
      }
      return before;
    },

    allFinite(vector) {
      const block = core.float32(base, BLOCK);
      for (let from = 0; from < vector.length; from += BLOCK) {
        const part = vector.subarray(from, from + BLOCK);
        block.set(part);
        if (wasm.greatest_bits(base, part.length) >>> 0 >= INFINITY_BITS) return false;
      }
      return true;
    },

    squaredDistances(vectors) {
      const count = vectors.length;
      const length = vectors[0]?.length ?? 0;
      if (vectors.some((vector) => vector.length !== length)) throw new RangeError('The vectors differ in length');
      if (count > 8192)
        throw new RefusedError('memory', `Distances of ${count} vectors at once are too many: 8192 are the most.`);
      // What is missing to a multiple of four stays zero.
      const rows = Math.ceil(count / 4) * 4;
      const columns = COLUMNS * Math.min(16, Math.max(1, Math.floor(DISTANCE_BYTES / (rows * COLUMNS * 8))));
      const blocksAt = base + columns * 4;
      const sumsAt = aligned(blocksAt + rows * columns * 8);
      core.reserve(sumsAt + rows * rows * 8 - base);
      const part = core.float32(base, columns);
      const none = new Float32Array(columns);
      const sums = core.float64(sumsAt, rows * rows).fill(0);
      for (let from = 0; from < length; from += columns) {
        const used = Math.min(columns, length - from);
        for (let row = 0; row < rows; row++) {
          part.set(row < count ? vectors[row].subarray(from, from + used) : none);
          wasm.distances_put(base, used, row, rows, blocksAt);
        }
        wasm.distances_of(blocksAt, rows, used, sumsAt);
      }
      wasm.distances_mirror(sumsAt, rows);
      const result = new Float64Array(count * count);
      for (let i = 0; i < count; i++) result.set(sums.subarray(i * rows, i * rows + count), i * count);
      return result;
    },

    crc32(bytes, seed = 0) {
      const size = BLOCK * 8;
      const block = core.bytes(base, size);
      let crc = seed;
      for (let from = 0; from < bytes.length; from += size) {
        const part = bytes.subarray(from, from + size);
        block.set(part);
        crc = wasm.crc32(base, part.length, crc);
      }
      return crc >>> 0;
    },

    ranges(values, channels) {
      if (!Number.isInteger(channels) || channels < 1 || values.length === 0 || values.length % channels !== 0) {
        throw new RangeError(`${values.length} numbers cannot be parted into ${channels} channels`);
      }
      const row = rowOf(channels);
      const lowAt = aligned(base + values.length * 4);
      core.reserve(lowAt + row * 8 - base);
      core.float32(base, values.length).set(values);
      wasm.ranges(base, values.length, row, lowAt, lowAt + row * 4);
      const [low, high] = [core.float32(lowAt, row), core.float32(lowAt + row * 4, row)];
      const result = new Float32Array(2 * channels);
      const used = Math.min(row, values.length);
      for (let c = 0; c < channels; c++) {
        let [least, greatest] = [low[c], high[c]];
        for (let k = c + channels; k < used; k += channels) {
          least = Math.min(least, low[k]);
          greatest = Math.max(greatest, high[k]);
        }
        result[2 * c] = least;
        result[2 * c + 1] = greatest;
      }
      return result;
    },

    packBits(values, bits, scales, zeros, seed) {
      checkBits(bits, scales, zeros);
      const size = Math.ceil((values.length * bits) / 8);
      const gridAt = aligned(base + values.length * 4);
      const row = rowOf(scales.length);
      const outAt = gridAt + row * 8;
      core.reserve(outAt + size - base);
      core.float32(base, values.length).set(values);
      putRows(core, gridAt, row, scales, zeros);
      const random = seed === undefined ? 0 : 1;
      wasm.quantize(base, values.length, bits, gridAt, gridAt + row * 4, row, random, seed ?? 0, outAt);
      return core.bytes(outAt, size).slice();
    },

    unpackBits(bytes, length, bits, scales, zeros) {
      checkBits(bits, scales, zeros);
      const size = Math.ceil((length * bits) / 8);
      if (bytes.length !== size) {
        throw new RangeError(`${length} codes of ${bits} bits are ${size} bytes, not ${bytes.length}`);
      }
      const gridAt = aligned(base + size);
      const row = rowOf(scales.length);
      const outAt = gridAt + row * 8;
      core.reserve(outAt + length * 4 - base);
      core.bytes(base, size).set(bytes);
      putRows(core, gridAt, row, scales, zeros);
      wasm.dequantize(base, length, bits, gridAt, gridAt + row * 4, row, outAt);
      return core.float32(outAt, length).slice();
    },
  };
}
