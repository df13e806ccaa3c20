/** Training with several labels at once, against the formula in float64 and against TensorFlow.js. */
import assert from 'node:assert/strict';
import { layoutOf, parseSpec } from '../../../lib/model';
import { generator } from '../../../lib/random/generator';
import { createCoreEngine } from '../../../lib/training/core/engine';
import type { TrainJob } from '../../../lib/training/engine';
import { createTfjsEngine } from '../../../lib/training/tfjs/engine';

const spec = parseSpec({
  version: 1,
  task: 'multi-label',
  input: [2],
  labels: ['a', 'b', 'c'],
  layers: [{ type: 'dense', units: 3, activation: 'sigmoid' }],
});
const random = generator(2, 'multi-label');
const count = 24;
const job: TrainJob = {
  spec,
  weights: Float32Array.from({ length: layoutOf(spec).size }, () => random.normal() / 2),
  samples: {
    features: Float32Array.from({ length: 2 * count }, () => random.normal()),
    targets: Float32Array.from({ length: 3 * count }, () => (random.uniform() < 0.4 ? 1 : 0)),
    count,
  },
  options: { epochs: 1, batchSize: count, optimizer: 'sgd', learningRate: 0.5, seed: 1 },
};

describe('training with several labels at once', () => {
  it('one step is the gradient of the mean binary cross-entropy over samples and labels', async () => {
    const { weights: w, samples } = job;
    const gradient = new Float64Array(w.length);
    let loss = 0;
    for (let i = 0; i < count; i++) {
      const [x, y] = samples.features.subarray(2 * i);
      for (let k = 0; k < 3; k++) {
        const p = 1 / (1 + Math.exp(-(w[k] * x + w[3 + k] * y + w[6 + k])));
        const t = samples.targets[3 * i + k];
        loss -= (t * Math.log(p) + (1 - t) * Math.log(1 - p)) / (3 * count);
        const error = (p - t) / (3 * count);
        gradient[k] += error * x;
        gradient[3 + k] += error * y;
        gradient[6 + k] += error;
      }
    }
    const engine = createCoreEngine();
    const result = await engine.train(job);
    result.weights.forEach((value, i) => {
      assert.ok(Math.abs(value - (w[i] - 0.5 * gradient[i])) < 1e-6, `weight ${i}`);
    });
    assert.ok(Math.abs(result.loss - loss) < 1e-6);
    const { outputs } = await engine.predict({ spec, weights: w, features: samples.features, count });
    const [x, y] = samples.features;
    assert.ok(Math.abs(outputs[1] - 1 / (1 + Math.exp(-(w[1] * x + w[4] * y + w[7])))) < 1e-6);
  });

  it('the engine tfjs does the same', async () => {
    const engine = createTfjsEngine({ native: false });
    assert.ok(typeof engine !== 'string');
    const [tfjs, core] = [await engine.train(job), await createCoreEngine().train(job)];
    tfjs.weights.forEach((value, i) => {
      assert.ok(Math.abs(value - core.weights[i]) < 1e-5);
    });
    const { features } = job.samples;
    const given = { spec, weights: core.weights, features, count };
    const [a, b] = [await engine.predict(given), await createCoreEngine().predict(given)];
    a.outputs.forEach((value, i) => {
      assert.ok(Math.abs(value - b.outputs[i]) < 1e-5);
    });
  });

  it('refuses targets that are neither 0 nor 1', async () => {
    const targets = job.samples.targets.slice();
    targets[4] = 2;
    const engine = createCoreEngine();
    await assert.rejects(engine.train({ ...job, samples: { ...job.samples, targets } }), {
      message: /0 or 1 for each label/,
    });
  });
});
