/** Sums of vectors that are all there: against a fold, which has been checked against integers. */
import assert from 'node:assert/strict';
import { createKernels } from '../../../lib/core';
import { generator, shuffle } from '../../../lib/random/generator';
import { refused } from '../update/refused';

const kernels = createKernels();
const random = generator(21, 'weighted sum');
const vectorsOf = (count: number, length: number): Float32Array[] =>
  Array.from({ length: count }, () =>
    Float32Array.from({ length }, () => random.normal() * 10 ** (random.below(9) - 6)),
  );

function folded(vectors: readonly Float32Array[], weights: readonly number[], divisor: number): Float32Array {
  const fold = kernels.fold(vectors[0].length);
  for (const [i, vector] of vectors.entries()) fold.add(vector, weights[i]);
  return fold.mean(divisor);
}
const normsOf = (vectors: readonly Float32Array[]): number[] => vectors.map((vector) => kernels.norm(vector));

describe('Weighted sums', () => {
  for (const [count, length] of [
    [1, 1],
    [3, 5],
    [4, 8192],
    [7, 8193],
    [9, 20_001],
    [5000, 7],
  ]) {
    it(`${count} of ${length} numbers have the bits of a fold, in any order`, () => {
      const vectors = vectorsOf(count, length);
      const weights = vectors.map((_, i) => (i % 5 === 3 ? 0 : random.uniform() * 40));
      const expected = folded(vectors, weights, 17);
      assert.deepEqual(kernels.weightedSum(vectors, weights, 17), expected);
      assert.deepEqual(kernels.weightedSum(vectors, weights, 17, normsOf(vectors)), expected);
      const order = shuffle(
        vectors.map((_, i) => i),
        random,
      );
      const mixed = kernels.weightedSum(
        order.map((i) => vectors[i]),
        order.map((i) => weights[i]),
        17,
      );
      assert.deepEqual(mixed, expected);
    });
  }

  it('weighs by the dot product with a direction, in the same walk', () => {
    for (const [count, length] of [
      [1, 1],
      [6, 9],
      [2051, 13],
      [5, 20_003],
    ]) {
      const vectors = vectorsOf(count, length);
      const [direction] = vectorsOf(1, length);
      const weights = vectors.map(() => 0);
      const norms = normsOf(vectors);
      const found = kernels.sumAlong({
        direction,
        vectors,
        ...(count > 5 ? {} : { norms }),
        weigh(dot, norm, i) {
          assert.equal(norm, norms[i]);
          const expected = direction.reduce((sum, x, k) => sum + x * vectors[i][k], 0);
          const size = direction.reduce((sum, x, k) => sum + Math.abs(x * vectors[i][k]), 0);
          assert.ok(Math.abs(dot - expected) <= 1e-13 * size, `${dot} is not ${expected}`);
          weights[i] = i % 3 === 1 ? 0 : Math.abs(dot);
          return weights[i];
        },
        divisor: () => 3,
      });
      assert.deepEqual(found, folded(vectors, weights, 3));
    }
  });

  it('refuses what it cannot sum, and arguments that make no sense', () => {
    const two = [Float32Array.of(1, 2), Float32Array.of(3, 4)];
    const vast = Float32Array.of(1, 2e12);
    refused('overflow', () => kernels.weightedSum([two[0], vast], [1, 1], 1));
    refused('overflow', () => kernels.weightedSum([two[0], vast], [1, 1], 1, normsOf([two[0], vast])));
    refused('not-finite', () => kernels.weightedSum([two[0], Float32Array.of(1, Number.NaN)], [1, 1], 1));
    refused('not-finite', () => kernels.weightedSum(two, [1, Number.NaN], 1));
    assert.deepEqual([...kernels.weightedSum([two[0], vast], [2, 0], 1)], [2, 4]);
    const along = { direction: two[0], vectors: two, norms: normsOf(two), weigh: () => 1, divisor: () => 1 };
    refused('not-finite', () => kernels.sumAlong({ ...along, weigh: () => Number.NaN }));
    refused('overflow', () => kernels.sumAlong({ ...along, weigh: () => 1e12 }));
    assert.deepEqual([...kernels.sumAlong(along)], [4, 6]);
    for (const wrong of [[], [two[0], new Float32Array(3)], [new Float32Array(0)]]) {
      assert.throws(() => kernels.weightedSum(wrong, [1, 1].slice(0, wrong.length), 1), RangeError);
    }
    assert.throws(() => kernels.weightedSum(two, [1], 1), RangeError);
    assert.throws(() => kernels.weightedSum(two, [1, 1], 0), RangeError);
    assert.throws(() => kernels.weightedSum(two, [1, 1], 1, [1]), RangeError);
    assert.throws(() => kernels.sumAlong({ ...along, direction: new Float32Array(3) }), RangeError);
    assert.throws(() => kernels.sumAlong({ ...along, norms: [1] }), RangeError);
  });
});
