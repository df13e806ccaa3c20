/** Numbers to signed levels at random, and those to few bits: core/kernels/levels.h. */
import type { Kernels } from './kernels';
import { aligned, type Core } from './wasm';

type Levels = Pick<Kernels, 'trits' | 'tritsBack' | 'buckets' | 'bucketsBack'>;

/** Levels and places of a bucket fit the omega code. */
const MOST = 32_767;

function checkBuckets(length: number, bucket: number, most: number): number {
  for (const [what, value] of Object.entries({ bucket, most })) {
    if (!Number.isInteger(value) || value < 1 || value > MOST) {
      throw new RangeError(`${what} must be a whole number from 1 to ${MOST}, not ${value}`);
    }
  }
  return Math.ceil(length / bucket);
}

export function createLevels(core: Core): Levels {
  const { exports: wasm, base } = core;

  return {
    trits(values, step, seed) {
      const levelsAt = aligned(base + values.length * 4);
      const outAt = aligned(levelsAt + values.length * 2);
      const size = Math.ceil(values.length / 5);
      core.reserve(outAt + size - base);
      core.float32(base, values.length).set(values);
      wasm.trits(base, values.length, step, seed, levelsAt, outAt);
      return core.bytes(outAt, size).slice();
    },

    tritsBack(bytes, length, step) {
      if (bytes.length !== Math.ceil(length / 5)) {
        throw new RangeError(`${length} trits are ${Math.ceil(length / 5)} bytes, not ${bytes.length}`);
      }
      const outAt = aligned(base + bytes.length);
      core.reserve(outAt + length * 4 - base);
      core.bytes(base, bytes.length).set(bytes);
      return wasm.trits_back(base, length, step, outAt) ? core.float32(outAt, length).slice() : undefined;
    },

    buckets(values, { bucket, most, seed }) {
      const { length } = values;
      const count = checkBuckets(length, bucket, most);
      const stepsAt = aligned(base + length * 4);
      const levelsAt = aligned(stepsAt + count * 4);
      const outAt = aligned(levelsAt + length * 2);
      core.reserve(outAt - base);
      core.float32(base, length).set(values);
      wasm.bucket_levels(base, length, bucket, most, seed, stepsAt, levelsAt);
      const [dense, sparse] = [0, 1].map((way) => wasm.write_buckets(levelsAt, length, bucket, way, 0));
      const isSparse = sparse < dense;
      const size = isSparse ? sparse : dense;
      core.reserve(outAt + size - base);
      wasm.write_buckets(levelsAt, length, bucket, isSparse ? 1 : 0, outAt);
      return {
        steps: core.float32(stepsAt, count).slice(),
        sparse: isSparse,
        bytes: core.bytes(outAt, size).slice(),
      };
    },

    bucketsBack(bytes, length, { bucket, most, sparse, steps }) {
      const count = checkBuckets(length, bucket, most);
      if (steps.length !== count) throw new RangeError(`There are ${count} buckets, not ${steps.length}`);
      const stepsAt = aligned(base + bytes.length);
      const outAt = aligned(stepsAt + count * 4);
      core.reserve(outAt + length * 4 - base);
      core.bytes(base, bytes.length).set(bytes);
      core.float32(stepsAt, count).set(steps);
      const isWhole = wasm.read_buckets(base, bytes.length, length, bucket, most, sparse ? 1 : 0, stepsAt, outAt);
      return isWhole ? core.float32(outAt, length).slice() : undefined;
    },
  };
}
