/** What other projects' tests expect, and what the formulae give: test/fixtures/vectors/robust.json says which is which. */
import assert from 'node:assert/strict';
import { createKernels } from '../../../lib/core';
import { createRule } from '../../../lib/robust';
import { krumScores, select } from '../../../lib/robust/krum';
import type { RuleOptions } from '../../../lib/robust/options';
import type { Combined, RuleInput } from '../../../lib/robust/rule';
import { refused } from '../update/refused';
import { vector } from '../vectors';
import { nearestMean } from './naive';

const kernels = createKernels();
const floats = (rows: readonly (readonly number[])[]): Float32Array[] => rows.map((row) => Float32Array.from(row));
const near = (values: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-6): void => {
  assert.equal(values.length, expected.length);
  for (let k = 0; k < values.length; k++) {
    assert.ok(Math.abs(values[k] - expected[k]) <= tolerance, `${values[k]} is not ${expected[k]}`);
  }
};
function combine(options: RuleOptions, input: RuleInput): Combined {
  const rule = createRule(options);
  assert.ok(rule);
  return rule.combine(input, kernels);
}

describe('Robust rules agree with', () => {
  it('Flower: Krum and Multi-Krum, which it computes below the bound of the paper too', () => {
    for (const [id, m] of [
      ['flower-krum-1', 1],
      ['flower-multikrum-1', 2],
    ] as const) {
      const { input, expected } = vector<{ vectors: number[][]; f: number }, number[]>(id);
      const rows = floats(input.vectors);
      const scores = krumScores(kernels.squaredDistances(rows), rows.length, input.f, { allowBelowBound: true });
      const fold = kernels.fold(rows[0].length);
      for (const i of select(scores, m)) fold.add(rows[i], 5);
      near(fold.mean(5 * m), expected);
      refused('too-few-updates', () => combine({ name: 'multi-krum', f: input.f }, { vectors: rows }), /needs 5/);
    }
  });

  it('Flower: Bulyan without attackers is the mean', () => {
    const { input, expected } = vector<{ vectors: number[][]; f: number }, number[]>('flower-bulyan-legacy');
    const rows = floats([...input.vectors]);
    near(combine({ name: 'bulyan', f: input.f }, { vectors: rows }).aggregate, expected);
  });

  it('Flower: the mean of those nearest to a reference, which in Bulyan is their median', () => {
    type Input = { ref: number[]; vectors: number[][]; beta: number };
    for (const id of ['flower-nclosest-1', 'flower-nclosest-2', 'flower-nclosest-3', 'flower-nclosest-4']) {
      const { input, expected } = vector<Input, number[]>(id);
      const { ref, vectors, beta } = input;
      const columns = ref.map((_, k) => vectors.map((row) => row[k]));
      near(
        columns.map((column, k) => nearestMean(column, ref[k], beta)),
        expected,
      );
      const medians = kernels.medians(floats(vectors));
      near(
        kernels.meansNearMedian(floats(vectors), beta),
        columns.map((column, k) => nearestMean(column, medians[k], beta)),
      );
    }
    // There the reference is the median, or as good as it.
    for (const id of ['flower-nclosest-1', 'flower-nclosest-2', 'flower-nclosest-4']) {
      const { input, expected } = vector<Input, number[]>(id);
      near(kernels.meansNearMedian(floats(input.vectors), input.beta), expected);
    }
    const { input } = vector<Input, 'error'>('flower-nclosest-err');
    assert.throws(() => kernels.meansNearMedian(floats(input.vectors), input.beta), /no 3 nearest/);
  });

  it('Flower: the median, and the trimmed mean', () => {
    const one = vector<{ vectors: number[] }, number>('flower-median-2');
    near(combine({ name: 'median' }, { vectors: floats(one.input.vectors.map((x) => [x])) }).aggregate, [one.expected]);
    const { input, expected } = vector<{ vectors: number[][]; beta: number }, number[]>('flower-trimmed-1');
    near(combine({ name: 'trimmed-mean', beta: input.beta }, { vectors: floats(input.vectors) }).aggregate, expected);
  });

  it('TensorFlow Federated: clipping and zeroing by the norm, with weights that stay in the denominator', () => {
    type Input = { values: number[]; weights?: number[]; clip?: number; threshold?: number };
    const rows = (input: Input): RuleInput => ({
      vectors: floats(input.values.map((x) => [x])),
      weights: input.weights,
    });
    const sum = vector<Input, { result: number; clipped: number }>('tff-clip-sum');
    const clipped = combine({ name: 'norm-bound', bound: sum.input.clip }, rows(sum.input));
    near([clipped.aggregate[0] * sum.input.values.length], [sum.expected.result]);
    assert.equal([...clipped.scores].filter((norm) => norm > (sum.input.clip ?? 0)).length, sum.expected.clipped);
    const mean = vector<Input, { result: number }>('tff-clip-mean');
    near(combine({ name: 'norm-bound', bound: mean.input.clip, weights: 'samples' }, rows(mean.input)).aggregate, [
      mean.expected.result,
    ]);
    const growing = vector<Input, { sums: number[]; means: number[] }>('tff-clip-incr');
    for (const [i, expected] of growing.expected.means.entries()) {
      near(combine({ name: 'norm-bound', bound: i + 1, weights: 'samples' }, rows(growing.input)).aggregate, [
        expected,
      ]);
      const plain = combine({ name: 'norm-bound', bound: i + 1 }, rows({ values: growing.input.values }));
      near([3 * plain.aggregate[0]], [growing.expected.sums[i]]);
    }
    const zeroSum = vector<Input, { sum: number; zeroed: number }>('tff-zero-sum');
    const zeroed = combine({ name: 'norm-bound', bound: 2, above: 'zero' }, rows(zeroSum.input));
    near([3 * zeroed.aggregate[0]], [zeroSum.expected.sum]);
    assert.deepEqual(
      zeroed.rejected.map(({ index }) => index),
      [2],
    );
    const zeroMean = vector<Input, { mean: number }>('tff-zero-mean');
    near(combine({ name: 'norm-bound', bound: 2, above: 'zero', weights: 'samples' }, rows(zeroMean.input)).aggregate, [
      zeroMean.expected.mean,
    ]);
  });
});
