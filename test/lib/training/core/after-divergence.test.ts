import assert from 'node:assert/strict';
import { initialWeights, parseSpec } from '../../../../lib/model';
import { createCoreEngine } from '../../../../lib/training/core/engine';
import type { TrainJob } from '../../../../lib/training/engine';

/** Widths that are no multiple of four leave padding in the core's memory. */
const spec = parseSpec({
  version: 1,
  task: 'classify',
  input: [3],
  layers: [
    { type: 'dense', units: 5, activation: 'relu' },
    { type: 'dense', units: 2, activation: 'softmax' },
  ],
  labels: ['no', 'yes'],
  seed: 1,
});

const job = (scale: number): TrainJob => ({
  spec,
  weights: initialWeights(spec),
  samples: {
    features: Float32Array.from({ length: 3 * 32 }, (_, i) => scale * Math.sin(i)),
    targets: Float32Array.from({ length: 32 }, (_, i) => i % 2),
    count: 32,
  },
  options: { epochs: 2, batchSize: 8, optimizer: 'sgd', learningRate: 0.1, seed: 1 },
});

describe('core engine: after a training that diverged', () => {
  it('trains the same model as if nothing had been', async () => {
    const engine = createCoreEngine();
    const before = await createCoreEngine().train(job(1));
    await assert.rejects(engine.train(job(1e30)), { code: 'diverged' });
    assert.deepEqual((await engine.train(job(1))).weights, before.weights);
  });
});
