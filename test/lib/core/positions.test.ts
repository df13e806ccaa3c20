/** Which numbers are sent, against sorting in JavaScript. */
import assert from 'node:assert/strict';
import { createKernels } from '../../../lib/core';
import { generator } from '../../../lib/random/generator';

const kernels = createKernels();
const random = generator(3, 'positions');

/** By a sort: greatest magnitude first, of equal ones the first; no zeros. */
function sorted(vector: Float32Array, k: number): number[] {
  const order = [...vector.keys()].sort((a, b) => Math.abs(vector[b]) - Math.abs(vector[a]) || a - b);
  return order
    .slice(0, k)
    .filter((i) => vector[i] !== 0)
    .sort((a, b) => a - b);
}

const vectors: Record<string, (length: number) => Float32Array> = {
  'normal numbers': (length) => Float32Array.from({ length }, () => random.normal()),
  'numbers of all sizes': (length) =>
    Float32Array.from({ length }, () => (random.uniform() < 0.5 ? -1 : 1) * 2 ** (270 * random.uniform() - 145)),
  'many that are equal': (length) => Float32Array.from({ length }, () => random.below(3) - 1),
  'magnitudes in one bucket': (length) => Float32Array.from({ length }, () => 1 + random.uniform() / 1e5),
  zeros: (length) => new Float32Array(length),
};

describe('positions', () => {
  for (const [what, make] of Object.entries(vectors)) {
    it(`of the k greatest of ${what} are those that a sort finds`, () => {
      for (const length of [1, 2, 7, 64, 1000]) {
        const vector = make(length);
        for (const k of new Set([1, Math.ceil(length / 10), Math.ceil(length / 2), length])) {
          assert.deepEqual([...kernels.greatest(vector, k)], sorted(vector, k), `${k} of ${length}`);
        }
      }
    });
  }

  it('of magnitudes that are not below a bound, the bound itself among them', () => {
    const vector = Float32Array.of(0.5, -0.5, 0.25, 0, -3, 0.499, 1e-45);
    assert.deepEqual([...kernels.notBelow(vector, 0.5)], [0, 1, 4]);
    assert.deepEqual([...kernels.notBelow(vector, 1e-300)], [0, 1, 2, 4, 5, 6]);
    assert.deepEqual([...kernels.notBelow(vector, 4)], []);
    assert.throws(() => kernels.notBelow(vector, 0), RangeError);
    assert.throws(() => kernels.notBelow(vector, Number.NaN), RangeError);
  });

  it('by lot are k different ones, the same for the same seed, and each comes as often as any other', () => {
    const counts = new Float64Array(20);
    const draws = 4000;
    for (let seed = 0; seed < draws; seed++) {
      const found = [...kernels.draw(20, 5, seed)];
      assert.deepEqual(
        found,
        [...new Set(found)].sort((a, b) => a - b),
      );
      assert.equal(found.length, 5);
      for (const i of found) counts[i]++;
    }
    // Chi-square with 19 degrees of freedom: 43.8 is passed by chance once in a thousand times. A count has variance n p (1 - p).
    const expected = draws / 4;
    const chi = counts.reduce((sum, count) => sum + (count - expected) ** 2 / (expected * 0.75), 0) * (19 / 20);
    assert.ok(chi < 43.8, `chi-square ${chi}`);
    assert.deepEqual(kernels.draw(1000, 30, 7), kernels.draw(1000, 30, 7));
    assert.notDeepEqual(kernels.draw(1000, 30, 7), kernels.draw(1000, 30, 8));
    assert.deepEqual([kernels.draw(5, 5, 1).length, kernels.draw(5, 0, 1).length], [5, 0]);
  });

  it('by lot are drawn as docs/messages.md says, so that another program finds the same', () => {
    // xoshiro128** seeded by SplitMix32, written down anew with BigInt.
    const mask = 0xffffffffn;
    const stream = (seed: number) => {
      let mix = BigInt(seed);
      const split = (): bigint => {
        mix = (mix + 0x9e3779b9n) & mask;
        let z = mix;
        z = ((z ^ (z >> 16n)) * 0x21f0aaadn) & mask;
        z = ((z ^ (z >> 15n)) * 0x735a2d97n) & mask;
        return z ^ (z >> 15n);
      };
      let [a, b, c, d] = [split(), split(), split(), split() | 1n];
      const rotated = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (32n - k))) & mask;
      return (): bigint => {
        const result = (rotated((b * 5n) & mask, 7n) * 9n) & mask;
        const t = (b << 9n) & mask;
        c ^= a;
        d ^= b;
        b ^= c;
        a ^= d;
        c ^= t;
        d = rotated(d, 11n);
        return result;
      };
    };
    const drawn = (length: number, k: number, seed: number): number[] => {
      const next = stream(seed);
      const found: number[] = [];
      for (let i = 0; found.length < k; i++) {
        const bound = BigInt(length - i);
        const most = (1n << 32n) - ((1n << 32n) % bound);
        let value = next();
        while (value >= most) value = next();
        if (value % bound < BigInt(k - found.length)) found.push(i);
      }
      return found;
    };
    for (const [length, k, seed] of [
      [10, 3, 0],
      [1000, 50, 41],
      [777, 776, 0xffffffff],
    ]) {
      assert.deepEqual([...kernels.draw(length, k, seed)], drawn(length, k, seed));
    }
  });

  it('are refused where there are not so many', () => {
    const vector = new Float32Array(4);
    for (const k of [0, 5, 1.5, Number.NaN]) assert.throws(() => kernels.greatest(vector, k), RangeError);
    for (const k of [-1, 5, 1.5]) assert.throws(() => kernels.draw(4, k, 0), RangeError);
  });
});
