/** Strategies that need a mean hold its sum, and not what the clients sent. */
import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createAggregation } from '../../../lib/federation/aggregation';
import { createStrategy, strategyNames } from '../../../lib/federation/strategies';
import { kernels, plain } from './one-round';

const SIZE = 1000;
const UPDATES = 40;
setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** How many vectors live on after `UPDATES` updates, and how many sums were made for them. */
async function kept(name: (typeof strategyNames)[number]): Promise<{ alive: number; sums: number }> {
  const strategy = createStrategy({ name }, { ...plain, epochs: 100 });
  let sums = 0;
  const alive = new Set<number>();
  const registry = new FinalizationRegistry<number>((token) => alive.delete(token));
  const aggregation = createAggregation({
    size: SIZE,
    strategy,
    kernels: {
      fold(length) {
        sums++;
        return kernels.fold(length);
      },
    },
    normal: () => 0,
  });
  let token = 0;
  const slice = Float32Array.prototype.slice;
  const add = (client: number): void => {
    const vectors = Array.from({ length: strategy.vectorsPerUpdate }, () => {
      const vector = new Float32Array(SIZE).fill(0.5);
      // Copies that are made of it count too.
      Object.defineProperty(vector, 'slice', { value: () => watched(slice.call(vector)) });
      return watched(vector);
    });
    const facts = { client: `c${client}`, samples: 5, norm: 1, staleness: 0, metrics: { steps: 3, startLoss: 1 } };
    aggregation.add('', facts, vectors);
  };
  const watched = (vector: Float32Array): Float32Array => {
    alive.add(++token);
    registry.register(vector, token);
    return vector;
  };
  for (let client = 0; client < UPDATES; client++) add(client);
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(aggregation.aggregate('', UPDATES).updates.length, UPDATES);
  return { alive: alive.size, sums };
}

describe('What an aggregation holds', () => {
  for (const name of strategyNames) {
    const strategy = createStrategy({ name }, { ...plain, epochs: 100 });
    it(`${name}: ${strategy.needs === 'fold' ? 'the sum alone' : 'a vector for each client'}`, async () => {
      const { alive, sums } = await kept(name);
      if (strategy.needs === 'fold') assert.deepEqual({ alive, sums }, { alive: 0, sums: strategy.vectorsPerUpdate });
      else assert.deepEqual({ alive, sums }, { alive: UPDATES, sums: 0 });
    });
  }
});
