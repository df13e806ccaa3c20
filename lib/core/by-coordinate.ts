/** Kernels that look at many vectors at once, coordinate by coordinate, in blocks of columns that stay in the cache. */
import { RefusedError } from '../refused';
import type { Kernels } from './kernels';
import { aligned, type Core } from './wasm';

/** Columns that the core takes at once. */
const AT_ONCE = 8;
/** A block of columns of all vectors has about so many bytes. Its rows lie an odd number of cache lines apart. */
const BLOCK_BYTES = 2 ** 20;
const MOST_COLUMNS = 1024;
const LINE = 16;
const MOST_VECTORS = 8192;

const KINDS = { median: 0, trimmed: 1, near: 2 } as const;

type ByCoordinate = Pick<Kernels, 'medians' | 'trimmedMeans' | 'meansNearMedian'>;

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

  const select = (vectors: readonly Float32Array[], kind: number, number: number): Float32Array => {
    const length = lengthOf(vectors);
    const count = vectors.length;
    const lines = Math.max(2, Math.min(MOST_COLUMNS, Math.floor(BLOCK_BYTES / 4 / count)) / LINE);
    const columns = LINE * 2 * Math.floor(lines / 2);
    const stride = columns + LINE;
    const keysAt = aligned(base + count * stride * 4);
    const spareAt = keysAt + count * AT_ONCE * 4;
    const outAt = aligned(spareAt + count * 4);
    core.reserve(outAt + columns * 4 - base);
    const rows = core.float32(base, count * stride);
    const out = core.float32(outAt, columns);
    const result = new Float32Array(length);
    for (let from = 0; from < length; from += columns) {
      const used = Math.min(columns, length - from);
      for (let i = 0; i < count; i++) rows.set(vectors[i].subarray(from, from + used), i * stride);
      if (wasm.by_coordinate(kind, base, count, stride, used, number, keysAt, spareAt, outAt) !== 0) {
        throw new RefusedError(
          'overflow',
          'The updates are too large to be summed exactly: more of them lie than were expected.',
        );
      }
      result.set(out.subarray(0, used), from);
    }
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
  };
}
