/** Which numbers of a vector are sent, as ascending positions: core/kernels/sparse.h. */
import type { Kernels } from './kernels';
import { aligned, type Core } from './wasm';

/** Numbers of the table that greatest_magnitude() counts in. */
const COUNTS = 2048;

const bitsOf = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0] & 0x7fffffff;

export function createPositions(core: Core): Pick<Kernels, 'greatest' | 'notBelow' | 'draw'> {
  const { exports: wasm, base } = core;

  /** Lays the vector down, with room for as many positions behind it, and for the table. */
  const lay = (vector: Float32Array): { outAt: number; countsAt: number } => {
    const outAt = aligned(base + vector.length * 4);
    const countsAt = aligned(outAt + vector.length * 4);
    core.reserve(countsAt + COUNTS * 4 - base);
    core.float32(base, vector.length).set(vector);
    return { outAt, countsAt };
  };
  const read = (outAt: number, count: number): Uint32Array => {
    const bytes = core.bytes(outAt, 4 * count).slice();
    return new Uint32Array(bytes.buffer);
  };

  return {
    greatest(vector, k) {
      const { length } = vector;
      if (!Number.isInteger(k) || k < 1 || k > length) throw new RangeError(`There are no ${k} of ${length} numbers`);
      const { outAt, countsAt } = lay(vector);
      const bits = wasm.greatest_magnitude(base, length, k, countsAt) >>> 0;
      const [tied] = read(countsAt, 1);
      return read(outAt, wasm.positions_from(base, length, bits, bits === 0 ? 0 : tied, outAt));
    },
    notBelow(vector, bound) {
      const { length } = vector;
      const bits = bitsOf(bound);
      if (!(bound > 0)) throw new RangeError(`The bound must be positive, not ${bound}`);
      const { outAt } = lay(vector);
      // float32 may have rounded the bound down to 0: zeros are not above it.
      return read(outAt, wasm.positions_from(base, length, bits, bits === 0 ? 0 : length, outAt));
    },
    draw(length, k, seed) {
      if (!Number.isInteger(k) || k < 0 || k > length) throw new RangeError(`There are no ${k} of ${length} numbers`);
      core.reserve(k * 4);
      wasm.draw_positions(length, k, seed, base);
      return read(base, k);
    },
  };
}
