import assert from 'node:assert/strict';
import { createKernels } from '../../../lib/core';
import { generator } from '../../../lib/random/generator';
import { krumScores, ranking, select } from '../../../lib/robust/krum';
import { refused } from '../update/refused';
import { vector } from '../vectors';

/** Squared distances by their definition. */
const distancesOf = (vectors: number[][]): Float64Array =>
  Float64Array.from(vectors.flatMap((a) => vectors.map((b) => a.reduce((sum, x, i) => sum + (x - b[i]) ** 2, 0))));

const flat = (value: number): number[] => [value, value, value, value];

describe('Krum', () => {
  it('agrees with Flower, which goes below the bound of the paper', () => {
    // adap/flower@fdef7afb serverapp/strategy/multikrum_test.py
    const distances = distancesOf([0.2, 0.7, 1].map(flat));
    assert.deepEqual(select(krumScores(distances, 3, 1, { allowBelowBound: true }), 1), [1]);
    const vectors = [0.2, 0.5, 1].map((value) => Float32Array.from(flat(value)));
    const scores = krumScores(createKernels().squaredDistances(vectors), 3, 1, { allowBelowBound: true });
    const fold = createKernels().fold(4);
    for (const index of select(scores, 2)) fold.add(vectors[index], 5);
    for (const value of fold.mean(10)) assert.ok(Math.abs(value - 0.35) < 1e-7);
  });

  it('refuses fewer than 2f + 3 updates, and says how many it takes', () => {
    const distances = distancesOf([0.2, 0.7, 1, 2].map(flat));
    refused('krum-bound', () => krumScores(distances, 4, 1), /at least 5 updates and only 4/);
    assert.equal(krumScores(distancesOf([1, 2, 3, 4, 5].map(flat)), 5, 1).length, 5);
  });

  it('sums the n - f - 2 least distances to the others', () => {
    // On a line: 0, 1, 3, 7, 20; n - f - 2 = 2 neighbours.
    const scores = krumScores(distancesOf([[0], [1], [3], [7], [20]]), 5, 1);
    assert.deepEqual([...scores], [1 + 9, 1 + 4, 4 + 9, 16 + 36, 169 + 289]);
    assert.deepEqual(ranking(scores), [1, 0, 2, 3, 4]);
  });

  it('never picks one of f outliers among many like updates', () => {
    const random = generator(3, 'krum');
    for (let trial = 0; trial < 50; trial++) {
      const f = 1 + random.below(4);
      const n = 2 * f + 3 + random.below(5);
      const vectors = Array.from({ length: n }, (_, i) =>
        Array.from({ length: 10 }, () => random.normal() + (i < f ? 50 : 0)),
      );
      for (const picked of select(krumScores(distancesOf(vectors), n, f), n - f)) assert.ok(picked >= f);
    }
  });

  it('is fed by distances that do not cancel, as those of the Gram matrix in float32 do', () => {
    // a: 1000 x 1e4; b: a with 0.01 more in its first number.
    const { expected } = vector<unknown, { exact: number; gram_float32: number }>('der-krum-cancel');
    const a = new Float32Array(1000).fill(1e4);
    const b = a.slice();
    b[0] += 0.01;
    const c = a.slice();
    c[0] += 1;
    const distances = createKernels().squaredDistances([a, b, c]);
    assert.equal(distances[1], expected.exact);
    // ||a||^2 + ||b||^2 - 2ab in float32 is off by nine orders of magnitude and more.
    assert.ok(expected.gram_float32 > 1e9 * distances[1]);
    assert.deepEqual(select(krumScores(distances, 3, 0, { allowBelowBound: true }), 3), [0, 1, 2]);
    const random = generator(4, 'distances');
    const vectors = Array.from({ length: 9 }, () => Array.from({ length: 333 }, () => Math.fround(random.normal())));
    const exact = distancesOf(vectors);
    for (const [i, value] of createKernels()
      .squaredDistances(vectors.map((vector) => Float32Array.from(vector)))
      .entries()) {
      assert.ok(Math.abs(value - exact[i]) <= 1e-12 * exact[i]);
    }
  });

  it('agrees with sorting each row, whatever the numbers', () => {
    const random = generator(6, 'krum rows');
    for (let trial = 0; trial < 60; trial++) {
      const n = 3 + random.below(20);
      const f = random.below(Math.floor((n - 1) / 2));
      const vectors = Array.from({ length: n }, () => [
        random.below(4),
        trial % 2 === 0 ? random.below(3) : random.normal(),
      ]);
      const distances = distancesOf(vectors);
      const scores = krumScores(distances, n, f);
      for (let i = 0; i < n; i++) {
        const row = [...distances.subarray(i * n, i * n + n)].filter((_, j) => j !== i).sort((a, b) => a - b);
        const expected = row.slice(0, n - f - 2).reduce((sum, value) => sum + value, 0);
        assert.ok(Math.abs(scores[i] - expected) <= 1e-12 * expected);
      }
    }
  });

  it('breaks ties by the order of the updates', () => {
    const scores = krumScores(distancesOf([[1], [1], [1], [1], [1]]), 5, 1);
    assert.deepEqual(select(scores, 5), [0, 1, 2, 3, 4]);
  });

  it('is not led astray by what is no distance', () => {
    refused('not-finite', () => krumScores(new Float64Array(25).fill(Number.NaN), 5, 1));
    for (let at = 0; at < 20; at++) {
      const distances = distancesOf([[0], [1], [3], [7], [20]]);
      const [i, j] = [at % 5, (at + 1 + Math.floor(at / 5)) % 5];
      distances[i * 5 + j] = distances[j * 5 + i] = Number.NaN;
      refused('not-finite', () => krumScores(distances, 5, 1));
    }
    assert.throws(() => krumScores(new Float64Array(24), 5, 1), RangeError);
    assert.throws(() => krumScores(new Float64Array(25), 5, -1), RangeError);
    assert.throws(() => select(new Float64Array(5), 6), RangeError);
  });
});
