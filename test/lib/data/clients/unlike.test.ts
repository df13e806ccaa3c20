import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { divide } from '../../../../lib/data/clients/division';
import { sensorOf } from '../../../../lib/data/clients/feature-shift';
import { transfers } from '../../../../lib/data/clients/nobody-empty';
import { quantityShares } from '../../../../lib/data/clients/quantity';
import type { ClientSpec } from '../../../../lib/data/clients/spec';
import { splitBlock } from '../../../../lib/data/clients/split-block';
import { generator } from '../../../../lib/random/generator';
import type { SampleBlock } from '../../../../lib/training/engine';

type Simulated = Exclude<ClientSpec, { kind: 'single' | 'column' }>;

/** Row i has the features [i, 10 i mod 97] and, of `classes` unlike frequent classes, one by lot. */
function rows(count: number, classes: number): SampleBlock {
  const random = generator(7, 'rows');
  const features = Float32Array.from({ length: 2 * count }, (_, k) =>
    k % 2 === 0 ? k / 2 : (10 * ((k - 1) / 2)) % 97,
  );
  const targets = Float32Array.from({ length: count }, () => Math.floor(classes * random.uniform() ** 2));
  return { features, targets, count };
}

const idsOf = (block: SampleBlock): number[] => Array.from({ length: block.count }, (_, i) => block.features[2 * i]);

const ways: Simulated[] = [
  { kind: 'iid', clients: 7, seed: 3 },
  { kind: 'dirichlet', clients: 7, alpha: 0.1, seed: 3 },
  { kind: 'shards', clients: 7, shards: 2, seed: 3 },
  { kind: 'quantity', sizes: 'power-law', exponent: 1.5, clients: 7, seed: 3 },
  { kind: 'quantity', sizes: 'dirichlet', alpha: 0.5, clients: 7, seed: 3 },
];

describe('unlike clients', () => {
  for (const spec of ways) {
    const name = 'sizes' in spec ? `${spec.kind} ${spec.sizes}` : spec.kind;
    it(`${name}: every row goes to exactly one client, by the seed alone`, () => {
      const block = rows(500, 5);
      const split = (seed: number): number[][] => [...splitBlock(block, 2, 1, { ...spec, seed }).values()].map(idsOf);
      const parts = split(3);
      assert.equal(parts.length, 7);
      assert.deepEqual(
        parts.flat().sort((a, b) => a - b),
        Array.from({ length: 500 }, (_, i) => i),
      );
      assert.deepEqual(split(3), parts);
      assert.notDeepEqual(split(4), parts);
    });
  }

  it('shards: the sorted samples, cut into equal pieces, two whole ones to each client', () => {
    const block = rows(103, 4);
    const sorted = Array.from({ length: 103 }, (_, i) => i).sort(
      (a, b) => block.targets[a] - block.targets[b] || a - b,
    );
    const spec: Simulated = { kind: 'shards', clients: 5, shards: 2, seed: 9 };
    const owner = new Map<number, string>();
    for (const [client, part] of splitBlock(block, 2, 1, spec)) for (const id of idsOf(part)) owner.set(id, client);
    // 103 samples in 10 pieces: the piece of place p is the one with p / 103 in [k / 10, (k + 1) / 10).
    const pieces = Array.from({ length: 10 }, (_, k) =>
      sorted.filter((_, p) => p * 10 >= k * 103 && p * 10 < (k + 1) * 103),
    );
    const pieceOwners = pieces.map((piece) => {
      assert.ok(piece.length === 10 || piece.length === 11, String(piece.length));
      const owners = new Set(piece.map((id) => owner.get(id)));
      assert.equal(owners.size, 1);
      return [...owners][0];
    });
    for (let c = 1; c <= 5; c++) assert.equal(pieceOwners.filter((name) => name === `client-${c}`).length, 2);
  });

  it('shards: refuses more pieces than samples', () => {
    assert.throws(() => splitBlock(rows(9, 3), 2, 1, { kind: 'shards', clients: 5, shards: 2, seed: 1 }), {
      message: /need 10 samples, and there are 9/,
    });
  });

  it('power law: sizes in the ratios of the law, within what drawing by lot allows', () => {
    const clients = 6;
    const spec: Simulated = { kind: 'quantity', sizes: 'power-law', exponent: 1, clients, seed: 5 };
    const n = 6000;
    const sizes = [...splitBlock(rows(n, 2), 2, 1, spec).values()].map(({ count }) => count).sort((a, b) => b - a);
    const harmonic = 1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5 + 1 / 6;
    // Chi-square with 5 degrees of freedom: 20.5 is passed once in a thousand.
    const chi = sizes.reduce((sum, size, r) => {
      const expected = n / (r + 1) / harmonic;
      return sum + (size - expected) ** 2 / expected;
    }, 0);
    assert.ok(chi < 20.5, String(chi));
  });

  it('quantity by Dirichlet: the shares vary as its components do, and classes stay mixed', () => {
    const clients = 10;
    const alpha = 2;
    const shares = Array.from({ length: 300 }, (_, seed) =>
      quantityShares({ sizes: 'dirichlet', alpha, clients, seed }),
    ).flat();
    const variance = shares.reduce((sum, share) => sum + (share - 0.1) ** 2, 0) / shares.length;
    const expected = (clients - 1) / (clients ** 2 * (clients * alpha + 1));
    assert.ok(Math.abs(variance / expected - 1) < 0.15, `${variance} for ${expected}`);
    const block = rows(4000, 2);
    const all = block.targets.reduce((sum, label) => sum + label, 0) / 4000;
    for (const part of splitBlock(block, 2, 1, {
      kind: 'quantity',
      sizes: 'dirichlet',
      alpha,
      clients,
      seed: 1,
    }).values()) {
      const ones = part.targets.reduce((sum, label) => sum + label, 0) / part.count;
      assert.ok(Math.abs(ones - all) < (4 * 0.5) / Math.sqrt(part.count), `${ones} for ${all} of ${part.count}`);
    }
  });

  it('nobody is left empty: the largest give, no further than needed', () => {
    assert.deepEqual(transfers([0, 9, 4, 0], 1), { gives: [0, 2, 0, 0], takers: [0, 3] });
    // Five are missing: 10 and 9 come down to 7 together, one of them gives one fewer than it could.
    const { gives, takers } = transfers([10, 1, 9, 0], 3);
    assert.deepEqual(takers, [1, 1, 3, 3, 3]);
    assert.equal(gives[0] + gives[2], 5);
    assert.ok(Math.abs(10 - gives[0] - (9 - gives[2])) <= 1);
    // Too few for all: nobody is brought under three, the first are served.
    assert.deepEqual(transfers([5, 0, 0], 3), { gives: [2, 0, 0], takers: [1, 1] });
    assert.deepEqual(transfers([0, 0], 1), { gives: [0, 0], takers: [] });
  });

  it('Dirichlet with a tiny alpha: each client has its fewest samples all the same', () => {
    for (const least of [1, 16]) {
      const parts = splitBlock(rows(400, 3), 2, 1, { kind: 'dirichlet', clients: 20, alpha: 0.02, least, seed: 2 });
      for (const part of parts.values()) assert.ok(part.count >= least, `${part.count} where ${least} belong`);
    }
    const plain = splitBlock(rows(400, 3), 2, 1, { kind: 'dirichlet', clients: 20, alpha: 0.02, least: 0, seed: 2 });
    assert.ok([...plain.values()].some(({ count }) => count === 0));
  });

  it('feature shift, affine: each client has a gain and an offset of its own, about as large as asked', () => {
    const block = rows(900, 3);
    const spec: Simulated = { kind: 'feature-shift', shift: 'affine', strength: 0.5, clients: 3, seed: 4 };
    const parts = [...splitBlock(block, 2, 1, spec).values()];
    const original = [...splitBlock(block, 2, 1, { kind: 'iid', clients: 3, seed: 4 }).values()];
    const lines = parts.map((part, c) => {
      const [x0, x1] = [original[c].features[1], original[c].features[3]];
      const gain = (part.features[3] - part.features[1]) / (x1 - x0);
      const offset = part.features[1] - gain * x0;
      for (let i = 0; i < part.count; i++) {
        assert.ok(Math.abs(part.features[2 * i + 1] - (gain * original[c].features[2 * i + 1] + offset)) < 1e-3);
      }
      assert.ok(gain > 2 ** -0.5 && gain < 2 ** 0.5, String(gain));
      assert.deepEqual(part.targets, original[c].targets);
      return gain;
    });
    assert.equal(new Set(lines.map((gain) => gain.toFixed(6))).size, 3);
  });

  it('feature shift, affine: offsets spread as the strength says', () => {
    const survey = { samples: 1, classes: new Map(), clients: [], mean: new Float64Array(1), std: Float64Array.of(4) };
    const spec = { shift: 'affine', strength: 0.25, clients: 4000, seed: 1 } as const;
    const offsets = Array.from({ length: 4000 }, (_, k) => sensorOf(spec, k, survey).offset[0]);
    const deviation = Math.sqrt(offsets.reduce((sum, v) => sum + v * v, 0) / 4000);
    assert.ok(Math.abs(deviation - 1) < 0.05, String(deviation));
  });

  it('feature shift, noise: its variance grows from client to client, in deviations of the feature', () => {
    const block = rows(8000, 2);
    const clients = 4;
    const spec: Simulated = { kind: 'feature-shift', shift: 'noise', strength: 2, clients, seed: 6 };
    const parts = [...splitBlock(block, 2, 1, spec).values()];
    const original = [...splitBlock(block, 2, 1, { kind: 'iid', clients, seed: 6 }).values()];
    const second = Array.from({ length: 8000 }, (_, i) => block.features[2 * i + 1]);
    const mean = second.reduce((a, b) => a + b) / 8000;
    const variance = second.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 8000;
    parts.forEach((part, k) => {
      let sum = 0;
      for (let i = 0; i < part.count; i++) sum += (part.features[2 * i + 1] - original[k].features[2 * i + 1]) ** 2;
      const expected = (variance * 2 * (k + 1)) / clients;
      // 2000 squares of normals: relative deviation 3.2 %; five of them.
      assert.ok(
        Math.abs(sum / part.count / expected - 1) < 0.16,
        `client ${k + 1}: ${sum / part.count} for ${expected}`,
      );
    });
  });

  it('refuses shifts and shards of rows that nobody has counted, and strengths that are none', () => {
    assert.throws(() => divide({ kind: 'shards', clients: 2, shards: 2, seed: 1 }), { code: 'no-survey' });
    const spec: Simulated = { kind: 'feature-shift', shift: 'affine', strength: -1, clients: 2, seed: 1 };
    assert.throws(() => splitBlock(rows(10, 2), 2, 1, spec), { code: 'clients' });
  });
});
