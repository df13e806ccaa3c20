/** Exact weighted sums of vectors that are all there: the bits of a fold of the same terms, in less time. */
import { type Bins, binsBytes, createBins } from './bins';
import type { Kernels } from './kernels';
import { normAt } from './norm';
import { aligned, type Core } from './wasm';

/** The most numbers of a block of columns, 20 bytes each: they stay in the second cache. */
const MOST_COLUMNS = 8192;

function lengthOf(vectors: readonly Float32Array[]): number {
  const length = vectors[0]?.length ?? 0;
  if (length > 0 && vectors.every((vector) => vector.length === length)) return length;
  throw new RangeError('A sum needs vectors of one length');
}

/** All that is in the slot, of which no number is larger than `size`. */
function addSlot(bins: Bins, weight: number, size: number, length: number): void {
  bins.check(weight, size);
  bins.add(weight, 0, length);
  bins.counted(Math.abs(weight) * size);
}

export function createWeightedSum(core: Core): Pick<Kernels, 'weightedSum' | 'sumAlong'> {
  const { exports: wasm, base } = core;
  return {
    weightedSum(vectors, weights, divisor, norms) {
      const length = lengthOf(vectors);
      if (weights.length !== vectors.length || (norms && norms.length !== vectors.length)) {
        throw new RangeError('A sum needs a weight for each vector, and no norm or one for each');
      }
      // Blocks of one size.
      const columns = Math.ceil(length / Math.ceil(length / MOST_COLUMNS));
      core.reserve(binsBytes(columns, columns));
      const bins = createBins(core, base, columns, columns);
      const result = new Float32Array(length);
      for (let from = 0; from < length; from += columns) {
        const used = Math.min(columns, length - from);
        for (let i = 0; i < vectors.length; i++) {
          if (weights[i] === 0) continue;
          bins.put(vectors[i].subarray(from, from + used));
          // No number is larger than the norm.
          addSlot(bins, weights[i], norms ? norms[i] : bins.greatest(used), used);
        }
        result.set(bins.mean(divisor).subarray(0, used), from);
        bins.clear();
      }
      return result;
    },

    sumAlong({ direction, vectors, norms, weigh, divisor }) {
      const length = lengthOf([direction, ...vectors]);
      if (norms && norms.length !== vectors.length) throw new RangeError('There is not a norm for each vector');
      const binsAt = base + aligned(length * 8);
      core.reserve(binsAt + binsBytes(length, length) - base);
      core.float64(base, length).set(direction);
      const bins = createBins(core, binsAt, length, length);
      for (const [i, vector] of vectors.entries()) {
        // The vector is weighed and added while it is near.
        const at = bins.put(vector);
        const norm = norms ? norms[i] : normAt(core, at, length);
        const weight = weigh(wasm.dot_wide(at, base, length), norm, i);
        if (weight !== 0) addSlot(bins, weight, norm, length);
      }
      return bins.mean(divisor());
    },
  };
}
