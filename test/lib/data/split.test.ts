import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { type ClientSpec, clientOwner } from '../../../lib/data/clients';
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

/** counts[client][class] of n samples of each of `classes` classes. */
function deal(spec: ClientSpec, n: number, classes: number, clients: number): number[][] {
  const owner = clientOwner(spec);
  const counts = Array.from({ length: clients }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < n * classes; i++) {
    const name = owner(sample(i, i % classes)) ?? '';
    counts[Number(/\d+$/.exec(name)?.[0]) - 1][i % classes] += 1;
  }
  return counts;
}

describe('simulated clients', () => {
  it('by column', () => {
    const owner = clientOwner({ kind: 'column', column: 'plant' });
    assert.equal(owner(sample(0, 0, 'g', { plant: ' north ' })), 'north');
    assert.equal(owner(sample(0, 0, 'g', { plant: 7 })), '7');
    assert.equal(owner(sample(0, 0, 'g', { plant: '' })), undefined);
  });

  it('IID: even sizes, every class everywhere, the same for the same seed', () => {
    const spec: ClientSpec = { kind: 'iid', clients: 7, seed: 5 };
    const counts = deal(spec, 1400, 5, 7);
    for (const client of counts) {
      assert.equal(
        client.reduce((a, b) => a + b),
        1000,
      );
      // Each class: mean 200, standard deviation below 13.
      for (const n of client) assert.ok(Math.abs(n - 200) < 65, String(n));
    }
    assert.deepEqual(counts, deal(spec, 1400, 5, 7));
  });

  it('Dirichlet: shares of a class have the mean and the variance of the distribution', () => {
    for (const alpha of [0.1, 0.5, 100]) {
      const clients = 5;
      const classes = 400;
      const n = 200;
      const counts = deal({ kind: 'dirichlet', clients, alpha, seed: 11 }, n, classes, clients);
      const shares = counts.flatMap((client) => client.map((count) => count / n));
      const mean = shares.reduce((a, b) => a + b) / shares.length;
      assert.ok(Math.abs(mean - 1 / clients) < 1e-9);
      const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length;
      // Var of a Dirichlet(alpha) component, (n-1)/(n^2 (n alpha + 1)), plus that of drawing n samples by it.
      const component = (clients - 1) / (clients ** 2 * (clients * alpha + 1));
      const expected = component + (mean * (1 - mean) - component) / n;
      assert.ok(Math.abs(variance / expected - 1) < 0.12, `alpha ${alpha}: ${variance} for ${expected}`);
    }
  });

  it('Dirichlet: another seed, another split; the same seed, the same', () => {
    const spec = (seed: number): ClientSpec => ({ kind: 'dirichlet', clients: 4, alpha: 0.3, seed });
    assert.deepEqual(deal(spec(1), 50, 10, 4), deal(spec(1), 50, 10, 4));
    assert.notDeepEqual(deal(spec(1), 50, 10, 4), deal(spec(2), 50, 10, 4));
  });

  it('refuses what cannot be split so', () => {
    assert.throws(() => clientOwner({ kind: 'iid', clients: 0, seed: 1 }), { code: 'clients' });
    assert.throws(() => clientOwner({ kind: 'dirichlet', clients: 3, alpha: 0, seed: 1 }), { code: 'clients' });
    const owner = clientOwner({ kind: 'dirichlet', clients: 3, alpha: 1, seed: 1 });
    assert.throws(() => owner({ ...sample(0), targets: [0.5] }), { message: /needs samples with classes/ });
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
