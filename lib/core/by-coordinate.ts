/** Kernels that look at many vectors at once, coordinate by coordinate, in blocks of columns that stay in the cache. */
import { RefusedError } from '../refused';
import type { Kernels } from './kernels';
import { aligned, type Core } from './wasm';

/** Columns of a block, a multiple of those that the core takes at once. */
const COLUMNS = 128;
const AT_ONCE = 8;
const MOST_VECTORS = 8192;

const KINDS = { median: 0, trimmed: 1, near: 2 } as const;

type ByCoordinate = Pick<Kernels, 'medians' | 'trimmedMeans' | 'meansNearMedian' | 'distancesTo'>;

export function createByCoordinate(core: Core): ByCoordinate {
  const { exports: wasm, base } = core;

  const lengthOf = (vectors: readonly Float32Array[]): number => {
    const length = vectors[0]?.length ?? 0;
    if (vectors.length === 0) throw new RangeError('There are no vectors');
    if (vectors.some((vector) => vector.length !== length)) throw new RangeError('The vectors differ in length');
    if (vectors.length > MOST_VECTORS) {
      throw new RefusedError('memory', `${vectors.length} vectors at once are too many: ${MOST_VECTORS} are the most.`);
    }
    return length;
  };

  /** Visits block after block: `rows` of it lie at `base`, COLUMNS apart. */
  const blocks = (
    vectors: readonly Float32Array[],
    length: number,
    visit: (from: number, used: number) => void,
  ): void => {
    const rows = core.float32(base, vectors.length * COLUMNS);
    for (let from = 0; from < length; from += COLUMNS) {
      const used = Math.min(COLUMNS, length - from);
      for (let i = 0; i < vectors.length; i++) rows.set(vectors[i].subarray(from, from + used), i * COLUMNS);
      visit(from, used);
    }
  };

  const select = (vectors: readonly Float32Array[], kind: number, number: number): Float32Array => {
    const length = lengthOf(vectors);
    const count = vectors.length;
    const keysAt = aligned(base + count * COLUMNS * 4);
    const spareAt = keysAt + count * AT_ONCE * 4;
    const outAt = aligned(spareAt + count * 4);
    core.reserve(outAt + COLUMNS * 4 - base);
    const out = core.float32(outAt, COLUMNS);
    const result = new Float32Array(length);
    blocks(vectors, length, (from, used) => {
      if (wasm.by_coordinate(kind, base, count, COLUMNS, used, number, keysAt, spareAt, outAt) !== 0) {
        throw new RefusedError(
          'overflow',
          'The updates are too large to be summed exactly: more of them lie than were expected.',
        );
      }
      result.set(out.subarray(0, used), from);
    });
    return result;
  };

  return {
    medians: (vectors) => select(vectors, KINDS.median, 0),
    trimmedMeans(vectors, cut) {
      if (!Number.isInteger(cut) || cut < 0 || 2 * cut >= vectors.length) {
        throw new RangeError(`${cut} of ${vectors.length} vectors cannot be cut off at both ends`);
      }
      return select(vectors, KINDS.trimmed, cut);
    },
    meansNearMedian(vectors, near) {
      if (!Number.isInteger(near) || near < 1 || near > vectors.length) {
        throw new RangeError(`There are no ${near} nearest among ${vectors.length} vectors`);
      }
      return select(vectors, KINDS.near, near);
    },
    distancesTo(point, vectors) {
      const length = lengthOf(vectors);
      if (point.length !== length) throw new RangeError('The point and the vectors differ in length');
      const count = vectors.length;
      const pointAt = aligned(base + count * COLUMNS * 4);
      const sumsAt = aligned(pointAt + COLUMNS * 4);
      core.reserve(sumsAt + count * 8 - base);
      const there = core.float32(pointAt, COLUMNS);
      const sums = core.float64(sumsAt, count).fill(0);
      blocks(vectors, length, (from, used) => {
        there.set(point.subarray(from, from + used));
        wasm.distances_to_add(pointAt, base, COLUMNS, count, used, sumsAt);
      });
      return Float64Array.from(sums, Math.sqrt);
    },
  };
}
