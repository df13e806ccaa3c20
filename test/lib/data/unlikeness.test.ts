import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { splitBlock } from '../../../lib/data/clients/split-block';
import { checkLabelCounts, labelCounter, labelCountsOf } from '../../../lib/data/label-counts';
import { labelDistances, unlikeness } from '../../../lib/data/unlikeness';

const near = (value: number | undefined, expected: number): void =>
  assert.ok(value !== undefined && Math.abs(value - expected) < 1e-12, `${value} for ${expected}`);

describe('how unlike clients are', () => {
  it('clients alike are at no distance, clients without a common class at the largest', () => {
    const alike = labelDistances([2, 4, 6], [1, 2, 3]);
    for (const distance of Object.values(alike)) assert.ok(distance < 1e-7, String(distance));
    const apart = labelDistances([5, 0, 0], [0, 0, 9]);
    near(apart.totalVariation, 1);
    near(apart.jensenShannon, 1);
    near(apart.hellinger, 1);
    near(apart.earthMover, 2);
  });

  it('a case done by hand: (1/2, 1/2) and (1, 0)', () => {
    const distances = labelDistances([3, 3], [4, 0]);
    near(distances.totalVariation, 0.5);
    // Mixture (3/4, 1/4): half of 1/2 log2(2/3) + 1/2 log2(2), and half of log2(4/3).
    near(distances.jensenShannon, 0.5 * (0.5 * Math.log2(2 / 3) + 0.5) + 0.5 * Math.log2(4 / 3));
    near(distances.hellinger, Math.sqrt(1 - Math.SQRT1_2));
    near(distances.earthMover, 0.5);
  });

  it('Jensen-Shannon is the entropy of the mixture less the mean entropy', () => {
    const entropy = (p: number[]): number => -p.reduce((sum, x) => sum + (x > 0 ? x * Math.log2(x) : 0), 0);
    const [p, q] = [
      [0.1, 0.2, 0.3, 0.4],
      [0.7, 0, 0.25, 0.05],
    ];
    const mixture = p.map((x, i) => (x + q[i]) / 2);
    near(labelDistances(p, q).jensenShannon, entropy(mixture) - (entropy(p) + entropy(q)) / 2);
  });

  it('earth mover: what a greedy carrier of single samples walks', () => {
    const a = [4, 1, 0, 3];
    const b = [1, 2, 4, 1];
    const places = (counts: number[]): number[] => counts.flatMap((n, i) => new Array<number>(n).fill(i));
    const [from, to] = [places(a), places(b)];
    const walked = from.reduce((sum, place, i) => sum + Math.abs(place - to[i]), 0) / from.length;
    near(labelDistances(a, b).earthMover, walked);
  });

  it('reports each client against all, and all pairs', () => {
    const report = unlikeness([
      { client: 'a', counts: [10, 0] },
      { client: 'b', counts: [0, 10] },
      { client: 'c', counts: [10, 10] },
      { client: 'd', counts: [0, 0] },
    ]);
    assert.deepEqual(report.pooled, [20, 20]);
    assert.deepEqual(
      report.clients.map(({ distances }) => distances?.totalVariation),
      [0.5, 0.5, 0, undefined],
    );
    near(report.mean.totalVariation, 0.25);
    near(report.pairs?.mean.totalVariation, (1 + 0.5 + 0.5) / 3);
    near(report.pairs?.most.totalVariation, 1);
    near(report.effectiveClients, 1600 / 600);
  });

  it('Dirichlet splits are the more unlike the smaller alpha is', () => {
    const block = {
      features: new Float32Array(3000),
      targets: Float32Array.from({ length: 3000 }, (_, i) => i % 10),
      count: 3000,
    };
    const [unlike, middle, alike] = [0.1, 1, 100].map((alpha) => {
      const parts = splitBlock(block, 1, 1, { kind: 'dirichlet', clients: 10, alpha, seed: 1 });
      return unlikeness([...parts].map(([client, part]) => ({ client, counts: labelCountsOf(part, 10) })));
    });
    assert.ok(unlike.mean.totalVariation > middle.mean.totalVariation + 0.1);
    assert.ok(middle.mean.totalVariation > alike.mean.totalVariation + 0.1);
  });
});

describe('label counts', () => {
  it('are counted batch by batch', () => {
    const counter = labelCounter(3);
    counter.add('a', { targets: Float32Array.of(0, 2, 2), count: 3 });
    counter.add('b', { targets: Float32Array.of(1), count: 1 });
    counter.add('a', { targets: Float32Array.of(1), count: 1 });
    assert.deepEqual(counter.counts(), [
      { client: 'a', counts: [1, 1, 2] },
      { client: 'b', counts: [0, 1, 0] },
    ]);
    assert.throws(() => labelCountsOf({ targets: Float32Array.of(3), count: 1 }, 3), RangeError);
  });

  it('that cannot be are refused', () => {
    checkLabelCounts([1, 2, 0], 3);
    for (const counts of [
      [1, 1],
      [-1, 4],
      [1.5, 1.5],
      [Number.NaN, 3],
      [2 ** 41, 0],
    ]) {
      assert.throws(() => checkLabelCounts(counts, 3), { code: 'statistics' });
    }
  });
});
