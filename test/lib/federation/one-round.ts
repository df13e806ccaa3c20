/** One round of a strategy alone: updates in, the next model out. */
import assert from 'node:assert/strict';
import { createKernels } from '../../../lib/core';
import { createAggregation } from '../../../lib/federation/aggregation';
import type { Strategy, StrategyState, UpdateFacts } from '../../../lib/federation/strategies/strategy';
import type { TrainingOptions } from '../../../lib/training/engine';

export const kernels = createKernels();
export const plain: TrainingOptions = { epochs: 1, batchSize: 10, optimizer: 'sgd', learningRate: 0.1, seed: 1 };

export interface Update extends Partial<Omit<UpdateFacts, 'client'>> {
  change: ArrayLike<number>;
  second?: ArrayLike<number>;
}

/** `clients`: in the registry. */
export function round(
  strategy: Strategy,
  state: StrategyState,
  global: ArrayLike<number>,
  updates: Update[],
  clients = updates.length,
): { state: StrategyState; model: Float32Array } {
  const model = Float32Array.from(global);
  const aggregation = createAggregation({ size: model.length, strategy, kernels, normal: () => 0 });
  updates.forEach(({ change, second, ...facts }, k) => {
    const numbers = [change, ...(second ? [second] : [])].map((one) => Float32Array.from(one));
    const known = { samples: 1, norm: kernels.norm(numbers[0]), staleness: 0, metrics: {}, ...facts };
    aggregation.add('', { client: `c${k}`, ...known }, numbers, undefined, { state });
  });
  const before = structuredClone(state);
  const next = strategy.apply(state, model, aggregation.aggregate('', clients));
  // Pure: neither is changed.
  assert.deepEqual(state, before);
  assert.deepEqual([...model], [...Float32Array.from(global)]);
  return next;
}

/** Relative to numbers above 1, absolute below. */
export const near = (found: ArrayLike<number>, expected: ArrayLike<number>, within = 1e-6): void => {
  assert.equal(found.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    assert.ok(
      Math.abs(found[i] - expected[i]) <= within * Math.max(1, Math.abs(expected[i])),
      `${i}: ${found[i]}, not ${expected[i]}`,
    );
  }
};
