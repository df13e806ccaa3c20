/** Selection by the core against sorting, on numbers that are awkward for it. */
import assert from 'node:assert/strict';
import { createKernels } from '../../../lib/core';
import { generator } from '../../../lib/random/generator';
import { medianOf, naiveNear, nearestMean } from '../robust/naive';
import { refused } from '../update/refused';

const kernels = createKernels();
const random = generator(5, 'by coordinate');
const MAX = 3.4028234663852886e38;
const awkward = [
  0,
  -0,
  1,
  -1,
  MAX,
  -MAX,
  1.401298464324817e-45,
  -1.401298464324817e-45,
  1.1754943508222875e-38,
  0.1,
  -0.1,
];
const rowsOf = (n: number, length: number, of: () => number): Float32Array[] =>
  Array.from({ length: n }, () => Float32Array.from({ length }, of));

describe('Selection in the core', () => {
  it('finds the median that sorting finds: of the greatest, the least and the smallest numbers, of both zeros', () => {
    for (let trial = 0; trial < 120; trial++) {
      const n = 1 + random.below(trial < 100 ? 30 : 600);
      const length = 1 + random.below(300);
      const pick = (): number => awkward[random.below(awkward.length)];
      const rows = rowsOf(n, length, trial % 2 === 0 ? pick : () => random.normal());
      const found = kernels.medians(rows);
      assert.equal(found.length, length);
      for (let k = 0; k < length; k++) {
        const expected = Math.fround(medianOf(rows.map((row) => row[k])));
        assert.ok(found[k] === expected, `${found[k]} is not ${expected}`);
      }
    }
  });

  it('takes the nearest to the median as a float64 computation does, also where the edge has many', () => {
    for (let trial = 0; trial < 120; trial++) {
      const n = 1 + random.below(25);
      const near = 1 + random.below(n);
      const kinds = [
        () => random.below(7) - 3,
        () => random.normal(),
        // Equal but for their last bits, beside a large one: the distances differ by less than float32 can say.
        () => 1 + random.below(4) * 2 ** -23,
        () => (random.below(3) === 0 ? 1e9 : random.normal() * 1e-9),
      ];
      const rows = rowsOf(n, 20, kinds[trial % kinds.length]);
      const expected = naiveNear(
        rows.map((row) => [...row]),
        near,
      );
      const found = kernels.meansNearMedian(rows, near);
      for (let k = 0; k < 20; k++) {
        const size = Math.max(...rows.map((row) => Math.abs(row[k])));
        assert.ok(
          Math.abs(found[k] - expected[k]) <= 1.2e-7 * Math.abs(expected[k]) + 1e-14 * size,
          `${found[k]} ${expected[k]}`,
        );
      }
    }
  });

  it('agrees with Flower on the mean of the nearest to a reference, where the reference is the median', () => {
    // adap/flower@fdef7afb bulyan_test.py; the reference is made the median by two more values on each of its sides.
    const { input, expected } = { input: { ref: 1, values: [1, 2, 0.5], beta: 2 }, expected: 0.75 };
    assert.equal(nearestMean(input.values, input.ref, input.beta), expected);
    const rows = input.values.map((value) => Float32Array.of(value));
    assert.deepEqual([...kernels.meansNearMedian(rows, input.beta)], [expected]);
  });

  it('sums thousands of vectors exactly', () => {
    const n = 5001;
    const rows = rowsOf(n, 3, () => random.normal());
    const order = rows.map((row) => row).sort(() => random.uniform() - 0.5);
    assert.deepEqual(kernels.trimmedMeans(order, 1000), kernels.trimmedMeans(rows, 1000));
    const middle = [...rows].map((row) => row[1]).sort((a, b) => a - b);
    const expected = middle.slice(1000, n - 1000).reduce((a, b) => a + b, 0) / (n - 2000);
    assert.ok(Math.abs(kernels.trimmedMeans(rows, 1000)[1] - expected) < 1e-8);
    const all = rows.reduce((sum, row) => sum + row[0], 0) / n;
    assert.ok(Math.abs(kernels.trimmedMeans(rows, 0)[0] - all) < 1e-8);
    assert.ok(Math.abs(kernels.meansNearMedian(rows, n)[0] - all) < 1e-8);
  });

  it('gives distances to a point that do not cancel', () => {
    const point = new Float32Array(1000).fill(1e4);
    const near = point.slice();
    near[0] += 0.01;
    assert.deepEqual([...kernels.distancesTo(point, [near, point])], [Math.sqrt(9.5367431640625e-5), 0]);
    const rows = rowsOf(9, 333, () => random.normal());
    for (const [i, distance] of kernels.distancesTo(rows[0], rows).entries()) {
      const expected = Math.sqrt(rows[i].reduce((sum, x, k) => sum + (x - rows[0][k]) ** 2, 0));
      assert.ok(Math.abs(distance - expected) <= 1e-12 * expected);
    }
  });

  it('refuses what it cannot sum, and arguments that make no sense', () => {
    refused('overflow', () =>
      kernels.trimmedMeans(
        rowsOf(5, 9, () => 2e12),
        1,
      ),
    );
    refused('overflow', () =>
      kernels.meansNearMedian(
        rowsOf(5, 9, () => -2e12),
        1,
      ),
    );
    // What is cut off may be as large as it likes.
    const rows = [1e30, 1, 2, 3, -1e30].map((x) => Float32Array.of(x));
    assert.deepEqual([...kernels.trimmedMeans(rows, 1)], [2]);
    assert.deepEqual([...kernels.meansNearMedian(rows, 3)], [2]);
    for (const wrong of [-1, 0.5, 3]) assert.throws(() => kernels.trimmedMeans(rows, wrong), RangeError);
    for (const wrong of [0, 6, 1.5]) assert.throws(() => kernels.meansNearMedian(rows, wrong), RangeError);
    assert.throws(() => kernels.medians([]), RangeError);
    assert.throws(() => kernels.medians([new Float32Array(2), new Float32Array(3)]), RangeError);
    assert.throws(() => kernels.distancesTo(new Float32Array(2), rows), RangeError);
  });
});
