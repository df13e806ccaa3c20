import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { divide } from '../../../../lib/data/clients/division';
import type { ClientSpec } from '../../../../lib/data/clients/spec';
import type { Sample } from '../../../../lib/data/windows';

const sample = (index: number, label = 0, group = 'g', row = {}): Sample => ({
  features: new Float32Array(1),
  targets: [label],
  group,
  index,
  row,
});

/** counts[client][class] of n samples of each of `classes` classes. */
function deal(spec: ClientSpec, n: number, classes: number, clients: number): number[][] {
  const owner = divide(spec).owner;
  const counts = Array.from({ length: clients }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < n * classes; i++) {
    const name = owner(sample(i, i % classes)) ?? '';
    counts[Number(/\d+$/.exec(name)?.[0]) - 1][i % classes] += 1;
  }
  return counts;
}

describe('simulated clients', () => {
  it('by column', () => {
    const owner = divide({ kind: 'column', column: 'plant' }).owner;
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
    assert.throws(() => divide({ kind: 'iid', clients: 0, seed: 1 }), { code: 'clients' });
    assert.throws(() => divide({ kind: 'dirichlet', clients: 3, alpha: 0, seed: 1 }), { code: 'clients' });
    const owner = divide({ kind: 'dirichlet', clients: 3, alpha: 1, seed: 1 }).owner;
    assert.throws(() => owner({ ...sample(0), targets: [0.5] }), { message: /needs samples with classes/ });
  });
});
