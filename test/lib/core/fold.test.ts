import assert from 'node:assert/strict';
import { createKernels } from '../../../lib/core';
import { generator, shuffle } from '../../../lib/random/generator';

const kernels = createKernels();

/** The exact sum as a fraction over 2^1100, by integers: a float32 times a whole weight is a whole number of 2^-149. */
function exactMean(vectors: Float32Array[], weights: number[], at: number, divisor: number): number {
  let units = 0n;
  vectors.forEach((vector, i) => {
    units += BigInt(vector[at] * 2 ** 74 * 2 ** 75) * BigInt(weights[i]);
  });
  // 2^80 more than needed, then one division of integers; Number() rounds once.
  return Number((units * 2n ** 80n) / BigInt(divisor)) / 2 ** 115 / 2 ** 114;
}

describe('fold', () => {
  it('is the exact weighted mean, to the last bit of float32', () => {
    const random = generator(11, 'fold');
    const length = 257;
    const vectors = Array.from({ length: 99 }, () =>
      Float32Array.from({ length }, () => (random.uniform() * 2 - 1) * 10 ** (random.below(8) - 6)),
    );
    const weights = vectors.map(() => 1 + random.below(5000));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const fold = kernels.fold(length);
    vectors.forEach((vector, i) => {
      fold.add(vector, weights[i]);
    });
    const mean = fold.mean(total);
    for (let k = 0; k < length; k++) {
      assert.equal(mean[k], Math.fround(exactMean(vectors, weights, k, total)), `number ${k}`);
    }
  });

  it('gives the same bits in any order and grouping, with cancellation and many terms', () => {
    const random = generator(12, 'fold');
    const length = 33;
    const terms = Array.from({ length: 5000 }, () => ({
      vector: Float32Array.from({ length }, () => random.normal() * 10 ** (random.below(20) - 12)),
      weight: random.uniform() * 3,
    }));
    const run = (pause: number): string => {
      const fold = kernels.fold(length);
      terms.forEach(({ vector, weight }, i) => {
        fold.add(vector, weight);
        if (i % pause === 0) fold.mean(1);
      });
      return Buffer.from(fold.mean(terms.length).buffer).toString('hex');
    };
    const first = run(100_000);
    for (let i = 0; i < 5; i++) {
      shuffle(terms, random);
      assert.equal(run(i === 0 ? 1 : 997), first);
    }
  });

  it('one huge pair that cancels leaves the small term whole', () => {
    const fold = kernels.fold(1);
    for (const value of [1e9, 2 ** -40, -1e9]) fold.add(Float32Array.of(value), 1);
    assert.equal(fold.mean(1)[0], 2 ** -40);
  });

  it('refuses what is not finite or too large, and is as before afterwards', () => {
    const fold = kernels.fold(5);
    fold.add(Float32Array.of(1, 2, 3, 4, 5), 2);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => fold.add(Float32Array.of(0, 0, 0, 0, bad), 1), { code: 'not-finite' });
      assert.throws(() => fold.add(new Float32Array(5), bad), { code: 'not-finite' });
    }
    assert.throws(() => fold.add(Float32Array.of(0, 0, 0, 0, 3e38), 1), { code: 'overflow' });
    assert.throws(() => fold.add(new Float32Array(4), 1), RangeError);
    assert.throws(() => fold.mean(0), RangeError);
    assert.deepEqual(fold.mean(2), Float32Array.of(1, 2, 3, 4, 5));
    fold.add(Float32Array.of(1, 1, 1, 1, 1), 1);
    assert.deepEqual(fold.mean(1), Float32Array.of(3, 5, 7, 9, 11));
  });

  it('takes a long vector whole or not at all, wherever its bad number is', () => {
    const random = generator(13, 'fold');
    const length = 9001;
    const vectors = Array.from({ length: 5 }, () => Float32Array.from({ length }, () => random.normal()));
    const [fold, good] = [kernels.fold(length), kernels.fold(length)];
    for (const [i, vector] of vectors.entries()) {
      for (const [at, value, code] of [
        [length - 1, Number.NaN, 'not-finite'],
        [5000, Number.NEGATIVE_INFINITY, 'not-finite'],
        [8500, 3e38, 'overflow'],
        [0, 3e38, 'overflow'],
      ] as const) {
        const bad = vector.slice();
        bad[at] = value;
        assert.throws(() => fold.add(bad, 0.3), { code });
      }
      fold.add(vector, 1 + i / 7);
      good.add(vector, 1 + i / 7);
    }
    assert.deepEqual(fold.mean(3), good.mean(3));
  });

  it('refuses a sum that could pass the grid, however it is reached', () => {
    const fold = kernels.fold(1);
    const most = Float32Array.of(2 ** 40);
    assert.throws(
      () => {
        for (let i = 0; i < 5000; i++) fold.add(most, 1);
      },
      { code: 'overflow' },
    );
    assert.equal(fold.mean(2047)[0], 2 ** 40);
  });
});
