/** Where the geometric median begins on one of the vectors: whether it may stay there is told by the pull of the others. */
import assert from 'node:assert/strict';
import { createKernels } from '../../../lib/core';
import { generator } from '../../../lib/random/generator';
import { createRule } from '../../../lib/robust';

const kernels = createKernels();
type Points = readonly (readonly number[])[];

/** In float64, by subgradient: the optimum of a convex sum needs no better. */
const distanceSum = (points: Points, at: ArrayLike<number>): number =>
  points.reduce((sum, point) => sum + Math.hypot(...point.map((x, k) => x - at[k])), 0);

/** |sum of (x - v) / |x - v|| over the points that are not at v. */
const pullAt = (points: Points, at: readonly number[]): number => {
  const pull = at.map(() => 0);
  for (const point of points) {
    const far = Math.hypot(...point.map((x, k) => x - at[k]));
    if (far > 0) for (const [k, x] of point.entries()) pull[k] += (x - at[k]) / far;
  }
  return Math.hypot(...pull);
};

const medianOf = (points: Points): Float32Array => {
  const rule = createRule({ name: 'geometric-median' });
  assert.ok(rule);
  return rule.combine({ vectors: points.map((point) => Float32Array.from(point)) }, kernels).aggregate;
};

describe('The geometric median that begins on a vector', () => {
  it('leaves one that the others pull away from', () => {
    // The median of each coordinate is the first point, and the unit vectors to the others sum up to more than 1.
    const points = [
      [0, 0],
      [-1, 10],
      [10, -1],
      [10, 10],
      [-1, -1],
    ];
    assert.ok(pullAt(points, points[0]) > 1.2);
    const found = medianOf(points);
    let least = Number.POSITIVE_INFINITY;
    for (let a = -1; a <= 5; a += 0.01)
      for (let b = -1; b <= 5; b += 0.01) least = Math.min(least, distanceSum(points, [a, b]));
    assert.ok(distanceSum(points, found) <= least + 1e-5, `${found} is not the best`);
  });

  it('is not held at zero by free riders where updates are sparse', () => {
    const random = generator(3, 'sparse');
    const sparse = (): number[] =>
      Array.from({ length: 200 }, () => (random.below(10) === 0 ? Math.fround(1 + random.uniform()) : 0));
    for (const idle of [0, 1e-9]) {
      const points = [
        ...Array.from({ length: 17 }, sparse),
        ...Array.from({ length: 3 }, () => new Array(200).fill(idle)),
      ];
      assert.ok(pullAt(points, new Array(200).fill(idle)) > 3.5);
      const found = medianOf(points);
      const norm = kernels.norm(found);
      assert.ok(norm > 1, `It stayed at ${norm}`);
      // No direction leads to less.
      assert.ok(pullAt(points, [...found]) < 1e-3);
    }
  });

  it('stays on one that weighs more than the others pull', () => {
    const points = [
      [0, 0],
      [1, 0],
      [-1, 0.2],
    ];
    assert.ok(pullAt(points, points[0]) < 1);
    assert.ok(kernels.norm(medianOf(points)) < 1e-5);
  });
});
