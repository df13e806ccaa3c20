/** FoolsGold by the formulas of its paper, computed again in float64, and what it is for: Sybils, even where they are most. */
import assert from 'node:assert/strict';
import { createKernels } from '../../../lib/core';
import { generator } from '../../../lib/random/generator';
import { createRule } from '../../../lib/robust';
import type { Combined, Rule, RuleInput } from '../../../lib/robust/rule';
import { refused } from '../update/refused';
import { lengthOf, type Vectors } from './naive';

const kernels = createKernels();
const random = generator(21, 'foolsgold');
const floats = (vectors: Vectors): Float32Array[] => vectors.map((vector) => Float32Array.from(vector));
const vectorsOf = (n: number, length: number, kind: () => number): number[][] =>
  Array.from({ length: n }, () => Array.from({ length }, () => Math.fround(kind())));

function rule(kappa?: number): Rule {
  const made = createRule({ name: 'foolsgold', ...(kappa === undefined ? {} : { kappa }) });
  assert.ok(made);
  return made;
}
const combine = (input: RuleInput, kappa?: number): Combined => rule(kappa).combine(input, kernels);

/** Algorithm 1 of arXiv 1808.04866, line by line; likeness below 0 is none. */
function naiveTrust(sums: Vectors, kappa: number): number[] {
  const cs = sums.map((a, i) =>
    sums.map((b, j) => {
      const lengths = lengthOf(a) * lengthOf(b);
      const dot = a.reduce((s, x, k) => s + x * b[k], 0);
      return i === j || lengths === 0 ? 0 : Math.max(0, dot / lengths);
    }),
  );
  const v = cs.map((row) => Math.max(...row));
  const alpha = cs.map((row, i) => 1 - Math.max(...row.map((c, j) => (v[j] > v[i] ? (c * v[i]) / v[j] : c))));
  const largest = Math.max(...alpha);
  return alpha.map((a) => {
    const scaled = a / largest;
    return Math.min(1, Math.max(0, kappa * (Math.log(scaled / (1 - scaled)) + 0.5)));
  });
}

describe('FoolsGold', () => {
  it('gives the trust and the mean of its paper, over the sums of all updates', () => {
    let between = 0;
    for (let trial = 0; trial < 60; trial++) {
      const n = 3 + random.below(12);
      const length = 2 + random.below(40);
      const kappa = trial % 3 === 0 ? 0.3 + random.uniform() : 1;
      // Something that all share, so that likeness is of all sizes.
      const common = vectorsOf(1, length, () => random.normal())[0];
      const share = 2 * random.uniform();
      const around = (): number[][] =>
        vectorsOf(n, length, () => random.normal()).map((x) => x.map((y, k) => Math.fround(y + share * common[k])));
      const [vectors, before] = [around(), around()];
      // Some have never answered before.
      const known = before.map((sum, i) => (i % 4 === 3 ? sum.map(() => 0) : sum));
      const sums = vectors.map((x, i) => x.map((y, k) => Math.fround(y + known[i][k])));
      const trust = naiveTrust(sums, kappa);
      const histories = floats(before).map((sum, i) => (i % 4 === 3 ? undefined : sum));
      const found = combine({ vectors: floats(vectors), histories }, kappa);
      for (const [i, score] of found.scores.entries()) assert.ok(Math.abs(score - trust[i]) < 1e-4, `${score}`);
      between += trust.filter((t) => t > 0.01 && t < 0.99).length;
      assert.deepEqual(found.histories, floats(sums));
      const total = trust.reduce((a, b) => a + b, 0);
      for (const [k, value] of found.aggregate.entries()) {
        const expected = vectors.reduce((s, x, i) => s + trust[i] * x[k], 0) / total;
        assert.ok(Math.abs(value - expected) < 1e-3, `${value} is not ${expected}`);
      }
      assert.deepEqual(
        found.rejected.map(({ index }) => index),
        [...found.scores].flatMap((score, i) => (score > 0 ? [] : [i])),
      );
    }
    assert.ok(between > 50, 'trust between none and full');
  });

  it('lets Sybils count for nothing, even twelve of fifteen, and pardons who is a little like them', () => {
    const honest = [
      [1, 0, 0, 0.2],
      [0, 1, 0, 0.2],
      [0, 0, 1, 0.2],
    ];
    const sybil = [-3, -3, -3, 9];
    const vectors = [...Array.from({ length: 12 }, () => sybil), ...honest];
    const { aggregate, scores, rejected } = combine({ vectors: floats(vectors) });
    assert.deepEqual(
      rejected.map(({ index }) => index),
      Array.from({ length: 12 }, (_, i) => i),
    );
    assert.ok(rejected.every(({ reason }) => /too much like that of another/.test(reason)));
    assert.deepEqual([...scores.subarray(12)], [1, 1, 1]);
    for (const [k, value] of [1 / 3, 1 / 3, 1 / 3, 0.2].entries()) assert.ok(Math.abs(aggregate[k] - value) < 1e-6);
  });

  it('sees Sybils in the sum of rounds that no single round shows', () => {
    // What they share is small in each round beside the noise that each adds; over thirty rounds it adds up.
    const length = 200;
    const aim = vectorsOf(1, length, () => random.normal())[0];
    const round = (): Float32Array[] =>
      floats(vectorsOf(8, length, () => 2 * random.normal()).map((x, i) => x.map((y, k) => (i < 5 ? y + aim[k] : y))));
    const sybils = (scores: Float64Array): number => Math.max(...scores.subarray(0, 5));
    let histories: Float32Array[] | undefined;
    for (let t = 0; t < 30; t++) ({ histories } = combine({ vectors: round(), histories }));
    const vectors = round();
    assert.ok(sybils(combine({ vectors }).scores) > 0.9);
    assert.ok(sybils(combine({ vectors, histories }).scores) < 0.1);
  });

  it('always trusts somebody, and is total: all the same, zero vectors, opposite ones, huge ones', () => {
    const same = Array.from({ length: 4 }, () => [1, 2, 3]);
    assert.deepEqual([...combine({ vectors: floats(same) }).scores], [1, 1, 1, 1]);
    assert.deepEqual([...combine({ vectors: floats(same) }).aggregate], [1, 2, 3]);
    // Copies of other lengths are copies: float32 knows no directions that are nearer.
    const scaled = floats(same).map((x, i) => x.map((y) => y * (0.1 + i / 7)));
    assert.deepEqual([...combine({ vectors: scaled }).scores], [1, 1, 1, 1]);
    const zeros = floats([
      [0, 0],
      [0, 0],
      [3, 4],
    ]);
    assert.deepEqual([...combine({ vectors: zeros }).scores], [1, 1, 1]);
    const opposite = floats([
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ]);
    assert.deepEqual([...combine({ vectors: opposite }).scores], [1, 1, 1, 1]);
    const huge = floats(vectorsOf(5, 6, () => 1e10 * (random.uniform() > 0.5 ? 1 : -1)));
    const { scores } = combine({ vectors: huge, histories: huge });
    assert.ok(scores.every((score) => score >= 0 && score <= 1) && Math.max(...scores) === 1);
  });

  it('refuses two, of which each is as like the other, and does not change what it was given', () => {
    refused('too-few-updates', () => combine({ vectors: floats([[1], [2]]) }), /needs 3/);
    refused('bad-setting', () => createRule({ name: 'foolsgold', kappa: 0 }), /kappa/);
    const vectors = floats(vectorsOf(5, 9, () => random.normal()));
    const sums = floats(vectorsOf(5, 9, () => random.normal()));
    const copies = [...vectors, ...sums].map((vector) => vector.slice());
    combine({ vectors, histories: sums });
    assert.deepEqual([...vectors, ...sums], copies);
  });

  it('does not hold against one liar who is like nobody: that is not what it is for', () => {
    const honest = vectorsOf(9, 20, () => 1 + random.normal() / 10);
    const { scores } = combine({ vectors: floats([...honest, honest[0].map((x) => -1e6 * x)]) });
    assert.equal(scores[9], 1);
  });
});
