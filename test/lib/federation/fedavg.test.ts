import assert from 'node:assert/strict';
import { createKernels } from '../../../lib/core';
import { createAggregation } from '../../../lib/federation/aggregation';
import { defaultOptions } from '../../../lib/federation/options';
import { createStrategy } from '../../../lib/federation/strategies';
import type { Strategy, UpdateFacts } from '../../../lib/federation/strategies/strategy';
import { seededNoise } from '../../../lib/privacy/noise';
import { generator, shuffle } from '../../../lib/random/generator';
import { RefusedError } from '../../../lib/refused';
import type { PrivacyClaim } from '../../../lib/update/message';

const kernels = createKernels();
const fedavg = createStrategy({ name: 'fedavg' }, defaultOptions.training);
const facts = (client: string, samples: number): UpdateFacts => ({
  client,
  samples,
  norm: 1,
  staleness: 0,
  metrics: {},
});
const central: PrivacyClaim = { mode: 'central', clippingNorm: 2, noiseMultiplier: 0.5, delta: 1e-5, epsilon: 1 };

function average(
  global: number[],
  updates: [vector: number[], samples: number][],
  { strategy = fedavg, privacy }: { strategy?: Strategy; privacy?: PrivacyClaim } = {},
): Float32Array {
  const aggregation = createAggregation({ size: global.length, strategy, kernels, normal: seededNoise(4) });
  updates.forEach(([vector, samples], i) => {
    aggregation.add('', facts(`c${i}`, samples), [Float32Array.from(vector)], privacy);
  });
  return strategy.apply(strategy.start(global.length), Float32Array.from(global), aggregation.aggregate('', 4)).model;
}

const refused = (code: string, action: () => unknown): void =>
  assert.throws(action, (error) => error instanceof RefusedError && error.code === code);

describe('FedAvg', () => {
  it('agrees with Flower: FedAvgM with rate 1 and no momentum is FedAvg', () => {
    // adap/flower@fdef7afb framework/py/flwr/serverapp/strategy/fedavgm_test.py; x0 = 0, so the vectors are the updates.
    const model = average(Array(10).fill(0), [
      [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 1],
      [[29, 23, 19, 17, 13, 11, 7, 5, 3, 2], 2],
    ]);
    const expected = [
      19.666666666666668, 16, 13.666666666666666, 12.666666666666666, 10.333333333333334, 9.333333333333334, 7, 6, 5,
      4.666666666666667,
    ];
    expected.forEach((value, i) => {
      assert.ok(Math.abs(model[i] - value) <= 1e-6 * value, `${i}: ${model[i]}`);
    });
  });

  it('agrees with NVFlare: one contribution is the aggregate, whatever its weight', () => {
    // NVIDIA/NVFlare@f3b7c1bf tests/unit_test/app_common/aggregators/in_time_accumulate_weighted_aggregator_test.py
    assert.deepEqual([...average([0, 0, 0, 0], [[[2, 3, 1.1, 0.1], 5]])], [2, 3, 1.1, 0.1].map(Math.fround));
  });

  it('is the weighted mean of the local models, against float64, and its inputs stay as they are', () => {
    const random = generator(8, 'fedavg');
    const global = Float32Array.from({ length: 200 }, () => random.normal());
    const before = global.slice();
    const updates = Array.from({ length: 9 }, (_, i): [number[], number] => [
      Array.from({ length: 200 }, () => Math.fround(random.normal() * 0.1)),
      1 + ((i * 37) % 50),
    ]);
    const model = average([...global], updates);
    const total = updates.reduce((sum, [, n]) => sum + n, 0);
    for (let j = 0; j < 200; j++) {
      const local = updates.reduce((sum, [vector, n]) => sum + (n / total) * (global[j] + vector[j]), 0);
      assert.ok(Math.abs(model[j] - local) < 2e-7, `${j}: ${model[j]} where ${local} belongs`);
    }
    assert.deepEqual(global, before);
  });

  it('gives the same bits whatever the order of arrival', () => {
    const random = generator(2, 'order');
    const updates = Array.from({ length: 50 }, (): [number[], number] => [
      Array.from({ length: 33 }, () => random.normal() * 10 ** (random.below(9) - 4)),
      1 + random.below(1000),
    ]);
    const model = average(Array(33).fill(0.1), updates);
    for (let i = 0; i < 5; i++) assert.deepEqual(average(Array(33).fill(0.1), shuffle([...updates], random)), model);
  });

  it('refuses counts that are none, and a round without a sample', () => {
    for (const samples of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      refused('bad-samples', () => average([0], [[[1], samples]]));
    }
    refused('no-samples', () =>
      average(
        [0],
        [
          [[1], 0],
          [[2], 0],
        ],
      ),
    );
  });

  it('does not count an update of no samples', () => {
    assert.deepEqual(
      [
        ...average(
          [1],
          [
            [[5], 0],
            [[2], 4],
          ],
        ),
      ],
      [3],
    );
  });
});

describe('FedAvg under central privacy', () => {
  it('weighs all alike and adds N(0, (z C / m)^2) once', () => {
    const size = 20_000;
    const zeros = Array(size).fill(0);
    const ones = Array(size).fill(1);
    const model = average(
      zeros,
      [
        [zeros, 1],
        [zeros, 1000],
        [ones, 10],
        [zeros, 3],
      ],
      { privacy: central },
    );
    const mean = model.reduce((sum, value) => sum + value, 0) / size;
    const deviation = Math.sqrt(model.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size);
    // 1/4, not 10/1014; standard errors 0.0018 and 0.0013.
    assert.ok(Math.abs(mean - 0.25) < 0.01, `mean ${mean}`);
    assert.ok(Math.abs(deviation - (0.5 * 2) / 4) < 0.007, `deviation ${deviation}`);
  });

  it('shows one mean under one noise, however often it is looked at', () => {
    const looks: Strategy = {
      ...fedavg,
      apply: (state, _global, aggregate) => {
        assert.deepEqual(aggregate.mean(), aggregate.mean());
        assert.throws(() => aggregate.mean(0, 7), RangeError);
        return { state, model: aggregate.mean() };
      },
    };
    average([0, 0], [[[1, 1], 1]], { strategy: looks, privacy: central });
  });

  it('refuses a strategy for which the uniform mean is wrong', () => {
    refused('privacy-strategy', () =>
      average([0], [[[1], 1]], { strategy: { ...fedavg, uniformMean: false }, privacy: central }),
    );
  });
});

describe('the seam for strategies', () => {
  it('gives rules of all vectors the vectors, sorted by client', () => {
    const median: Strategy = {
      ...fedavg,
      name: 'median',
      needs: 'vectors',
      apply: (state, global, aggregate) => {
        assert.deepEqual(
          aggregate.updates.map(({ client }) => client),
          ['c0', 'c1', 'c2'],
        );
        const vectors = aggregate.vectors();
        const model = global.map((weight, j) => weight + vectors.map((vector) => vector[j]).sort((a, b) => a - b)[1]);
        return { state, model };
      },
    };
    const model = average(
      [10, 20],
      [
        [[3, 1], 1],
        [[1, 2], 1],
        [[2, 9], 1],
      ],
      { strategy: median },
    );
    assert.deepEqual([...model], [12, 22]);
  });

  it('keeps kinds of privacy apart, and takes new updates after it was cleared', () => {
    const aggregation = createAggregation({ size: 1, strategy: fedavg, kernels, normal: seededNoise(1) });
    const add = (claim: string, client: string, value: number): void =>
      aggregation.add(claim, facts(client, 1), [Float32Array.of(value)]);
    add('', 'a', 1);
    add('x', 'b', 100);
    add('', 'c', 3);
    assert.deepEqual([...aggregation.aggregate('', 4).mean()], [2]);
    assert.deepEqual([...aggregation.aggregate('x', 2).mean()], [100]);
    aggregation.clear();
    add('', 'a', 7);
    assert.deepEqual([...aggregation.aggregate('', 4).mean()], [7]);
    assert.equal(aggregation.aggregate('', 4).updates.length, 1);
  });
});
