/** What a round costs with each strategy that holds one vector and not one per client: all updates taken in, the model made. */
import { createKernels } from '../lib/core';
import { createAggregation } from '../lib/federation/aggregation';
import { defaultOptions } from '../lib/federation/options';
import { createStrategy, strategyNames } from '../lib/federation/strategies';
import type { StrategyName } from '../lib/federation/strategies/options';
import { generator } from '../lib/random/generator';
import { compare, type Row, type Work } from './measure';

const SIZES = [
  [1000, 10_000],
  [100, 100_000],
];

/** One round of `updates` updates. Second vectors are the updates once more. */
function roundOf(name: StrategyName, vectors: readonly Float32Array[], global: Float32Array): Work {
  const strategy = createStrategy({ name }, { ...defaultOptions.training, epochs: 100 });
  const size = global.length;
  const aggregation = createAggregation({ size, strategy, kernels: createKernels(), normal: () => 0 });
  const state = strategy.start(size);
  return () => {
    vectors.forEach((vector, i) => {
      const facts = { client: `client-${i}`, samples: 1 + (i % 100), norm: 1, staleness: 0 };
      const metrics = { steps: 1 + (i % 7), startLoss: 0.1 + (i % 13) };
      aggregation.add('', { ...facts, metrics }, strategy.vectorsPerUpdate > 1 ? [vector, vector] : [vector]);
    });
    const next = strategy.apply(state, global, aggregation.aggregate('', vectors.length));
    aggregation.clear();
    return next;
  };
}

export async function strategies(): Promise<Row[]> {
  const random = generator(1, 'bench strategies');
  const rows: Row[] = [];
  const streaming = strategyNames.filter((name) => {
    const { needs, groups } = createStrategy({ name }, defaultOptions.training);
    return needs === 'fold' && !groups && name !== 'fedavg';
  });
  for (const [updates, length] of SIZES) {
    const vectors = Array.from({ length: updates }, () => Float32Array.from({ length }, () => random.uniform() - 0.5));
    const global = new Float32Array(length);
    const fedavg = roundOf('fedavg', vectors, global);
    for (const name of streaming) {
      const { ratio } = await compare(roundOf(name, vectors, global), fedavg, { turns: 9, ms: 40 });
      rows.push({
        name: `${name} ${updates}x${length / 1000}k`,
        value: 1 / ratio,
        unit: 'x its cost',
        against: 'fedavg',
        ratio,
      });
    }
  }
  return rows;
}
