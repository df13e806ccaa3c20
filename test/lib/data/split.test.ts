import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { dirichlet, logGamma } from '../../../lib/data/dirichlet';
import { holdOut } from '../../../lib/data/split';
import type { Sample } from '../../../lib/data/windows';
import { generator } from '../../../lib/random/generator';

const sample = (index: number, label = 0, group = 'g', row = {}): Sample => ({
  features: new Float32Array(1),
  targets: [label],
  group,
  index,
  row,
});

describe('hold-out', () => {
  it('takes about the fraction, by the seed alone, and not the same for another seed', () => {
    const sides = (seed: number): string[] => {
      const side = holdOut({ kind: 'fraction', fraction: 0.2, by: 'sample', seed });
      return Array.from({ length: 5000 }, (_, i) => side(sample(i)));
    };
    const tests = sides(1).filter((side) => side === 'test').length;
    // Binomial(5000, 0.2): standard deviation 28; five of them.
    assert.ok(Math.abs(tests - 1000) < 141, String(tests));
    assert.deepEqual(sides(1), sides(1));
    assert.notDeepEqual(sides(1), sides(2));
  });

  it('keeps groups whole', () => {
    const side = holdOut({ kind: 'fraction', fraction: 0.5, by: 'group', seed: 3 });
    const sides = Array.from({ length: 200 }, (_, g) => new Set([0, 1, 2].map((i) => side(sample(i, 0, `unit-${g}`)))));
    assert.ok(sides.every(({ size }) => size === 1));
    const tests = sides.filter((set) => set.has('test')).length;
    assert.ok(tests > 65 && tests < 135, String(tests));
  });

  it('by a condition, for example a date', () => {
    const side = holdOut({ kind: 'condition', condition: { column: 'time', operator: '>=', value: '2015-10-01' } });
    assert.equal(side(sample(0, 0, 'g', { time: '2015-09-30T23:00' })), 'train');
    assert.equal(side(sample(0, 0, 'g', { time: '2015-10-01T00:00' })), 'test');
  });

  it('refuses a share that is none', () => {
    assert.throws(() => holdOut({ kind: 'fraction', fraction: 20, by: 'sample', seed: 1 }), { code: 'hold-out' });
  });
});

describe('gamma and Dirichlet draws', () => {
  it('gamma: mean and variance are the shape', () => {
    for (const shape of [0.3, 1, 4.5]) {
      const random = generator(1, 'gamma-test', shape);
      const draws = Array.from({ length: 40_000 }, () => Math.exp(logGamma(shape, random)));
      const mean = draws.reduce((a, b) => a + b) / draws.length;
      const variance = draws.reduce((a, b) => a + (b - mean) ** 2, 0) / draws.length;
      assert.ok(Math.abs(mean / shape - 1) < 0.05, `mean ${mean} for ${shape}`);
      assert.ok(Math.abs(variance / shape - 1) < 0.1, `variance ${variance} for ${shape}`);
    }
  });

  it('stays a distribution for tiny concentrations', () => {
    const random = generator(1, 'tiny');
    for (let i = 0; i < 200; i++) {
      const point = dirichlet(new Array<number>(10).fill(0.001), random);
      assert.ok(point.every((p) => p >= 0 && p <= 1));
      assert.ok(Math.abs(point.reduce((a, b) => a + b) - 1) < 1e-12);
    }
  });
});
