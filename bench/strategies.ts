/**
 * What a round costs with each strategy that holds one vector and not one per client: all updates taken in, the model made; and
 * what it holds meanwhile.
 */
import { createKernels } from '../lib/core';
import { createAggregation } from '../lib/federation/aggregation';
import { defaultOptions } from '../lib/federation/options';
import { createStrategy, strategyNames } from '../lib/federation/strategies';
import type { StrategyName } from '../lib/federation/strategies/options';
import { generator } from '../lib/random/generator';
import { bytesUsed, compare, type Row, type Work } from './measure';

const SIZES = [
  [1000, 10_000],
  [100, 100_000],
];

/**
 * What an aggregation holds when so many updates are in, in vectors of the model: copies that live on, and the bins of its
 * sums, 16 bytes a number.
 */
function held(name: StrategyName, updates: number, length: number): number {
  const strategy = createStrategy({ name }, { ...defaultOptions.training, epochs: 100 });
  const parts = { size: length, strategy, kernels: createKernels(), normal: () => 0 };
  const taken = (): ReturnType<typeof createAggregation> => {
    const aggregation = createAggregation(parts);
    for (let i = 0; i < updates; i++) {
      const facts = { client: `client-${i}`, samples: 10, norm: 1, staleness: 0, metrics: { steps: 3, startLoss: 1 } };
      aggregation.add(
        '',
        facts,
        Array.from({ length: strategy.vectorsPerUpdate }, () => new Float32Array(length)),
      );
    }
    return aggregation;
  };
  taken();
  const before = bytesUsed();
  const aggregation = taken();
  const bytes = bytesUsed() - before;
  aggregation.clear();
  return bytes / (4 * length);
}

/** One round of as many updates as there are vectors; second vectors are updates too, of which none is in the cache. */
function roundOf(name: StrategyName, vectors: readonly Float32Array[], global: Float32Array): Work {
  const strategy = createStrategy({ name }, { ...defaultOptions.training, epochs: 100 });
  const size = global.length;
  const half = vectors.length >> 1;
  const aggregation = createAggregation({ size, strategy, kernels: createKernels(), normal: () => 0 });
  const state = strategy.start(size);
  return () => {
    vectors.forEach((vector, i) => {
      const facts = { client: `client-${i}`, samples: 1 + (i % 100), norm: 1, staleness: 0 };
      const metrics = { steps: 1 + (i % 7), startLoss: 0.1 + (i % 13) };
      aggregation.add(
        '',
        { ...facts, metrics },
        strategy.vectorsPerUpdate > 1 ? [vector, vectors[(i + half) % vectors.length]] : [vector],
      );
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
      // Two vectors behind each other: what a number costs that is taken in.
      const { vectorsPerUpdate } = createStrategy({ name }, defaultOptions.training);
      if (vectorsPerUpdate === 1) continue;
      const perNumber = { value: 1 / ratio / vectorsPerUpdate, ratio: ratio * vectorsPerUpdate };
      rows.push({
        name: `${name} ${updates}x${length / 1000}k`,
        unit: 'x its cost',
        against: 'fedavg, by number',
        ...perNumber,
      });
    }
  }
  // Of a model that is large beside what is noted of each client.
  const [updates, length] = SIZES[1];
  for (const name of ['fedavg', ...streaming, 'clustered'] as const) {
    const value = held(name, updates, length);
    rows.push({ name: `${name} memory`, value, unit: 'vectors', against: 'one for each', ratio: updates / value });
  }
  return rows;
}
