import assert from 'node:assert/strict';
import { generator } from '../../../../lib/random/generator';
import { createCoreEngine } from '../../../../lib/training/core/engine';
import type { TrainJob } from '../../../../lib/training/engine';
import { cases, jobOf, optionCases, spatialModels, specOf } from '../../../core/cases';
import { naiveForward } from '../../../core/naive';
import { referenceTraining } from '../../../core/reference';

const engine = createCoreEngine();

describe('core engine: forward by the definitions', () => {
  for (const { name, job } of cases()) {
    it(`${name}: outputs agree with float64 loops`, async () => {
      const { spec, weights, samples } = job;
      const { outputs } = await engine.predict({ spec, weights, features: samples.features, count: samples.count });
      const width = outputs.length / samples.count;
      const size = samples.features.length / samples.count;
      for (let r = 0; r < samples.count; r++) {
        const expected = naiveForward(spec, weights, samples.features.subarray(r * size, (r + 1) * size));
        assert.equal(expected.length, width);
        expected.forEach((value, k) => {
          const got = outputs[r * width + k];
          assert.ok(
            Math.abs(got - value) <= 2e-5 * (1 + Math.abs(value)),
            `row ${r}, output ${k}: ${got}, not ${value}`,
          );
        });
      }
    });
  }

  for (const [name, input, layers] of spatialModels()) {
    it(`${name}: an image as output, in Keras order`, async () => {
      const job = jobOf(specOf('regress', input, layers, 'mean_squared_error'), 3);
      const { spec, weights, samples } = job;
      const { outputs } = await engine.predict({ spec, weights, features: samples.features, count: 3 });
      const size = samples.features.length / 3;
      const expected = [0, 1, 2].flatMap((r) =>
        naiveForward(spec, weights, samples.features.subarray(r * size, (r + 1) * size)),
      );
      assert.equal(outputs.length, expected.length);
      expected.forEach((value, k) => {
        assert.ok(Math.abs(outputs[k] - value) <= 2e-5 * (1 + Math.abs(value)));
      });
    });
  }
});

/** Mean softmax cross-entropy of the samples, in float64. */
function meanLoss({ spec, samples }: TrainJob, weights: Float64Array): number {
  const size = samples.features.length / samples.count;
  let sum = 0;
  for (let r = 0; r < samples.count; r++) {
    const p = naiveForward(spec, weights, samples.features.subarray(r * size, (r + 1) * size));
    sum -= Math.log(p[samples.targets[r]]);
  }
  return sum / samples.count;
}

describe('core engine: gradients by central differences', () => {
  for (const { name, job } of cases().filter((one) => one.job.spec.layers.some((layer) => layer.type === 'flatten'))) {
    it(`${name}: of the float64 definition`, async () => {
      const options = { epochs: 1, batchSize: job.samples.count, optimizer: 'sgd' as const, learningRate: 1, seed: 1 };
      const { weights } = await engine.train({ ...job, options });
      const random = generator(3, name);
      const step = 1e-5;
      for (let i = 0; i < 16; i++) {
        const at = i < 8 ? i : random.below(weights.length);
        const moved = Float64Array.from(job.weights);
        moved[at] = job.weights[at] + step;
        const above = meanLoss(job, moved);
        moved[at] = job.weights[at] - step;
        const slope = (above - meanLoss(job, moved)) / (2 * step);
        const gradient = job.weights[at] - weights[at];
        assert.ok(
          Math.abs(gradient - slope) <= 2e-5 * (1 + Math.abs(slope)),
          `weight ${at}: ${gradient}, not ${slope}`,
        );
      }
    });
  }
});

describe('core engine: training by the definitions', () => {
  for (const { name, job } of optionCases()) {
    it(`${name}: weights and losses agree with a float64 trainer`, async () => {
      const found = await engine.train(job);
      const expected = referenceTraining(job);
      assert.equal(found.steps, expected.steps);
      const apart = Math.max(...expected.weights.map((w, i) => Math.abs(w - found.weights[i])));
      const moved = Math.max(...expected.weights.map((w, i) => Math.abs(w - job.weights[i])));
      assert.ok(apart <= 1e-3 * moved, `${apart} apart after moving ${moved}`);
      assert.ok(Math.abs(found.loss - expected.loss) <= 1e-3 * expected.loss, `${found.loss}, not ${expected.loss}`);
      assert.ok(Math.abs(found.firstLoss - expected.firstLoss) <= 1e-4 * expected.firstLoss);
    });
  }

  // One weight, input 2, an error far beyond Huber's bend: the gradient is 2 in every step. Expectations are those of the
  // tests of google-parfait/tensorflow-federated (learning/optimizers), Adam's there with epsilon 0.
  const vectors = [
    { name: 'tff-sgd', options: { optimizer: 'sgd', learningRate: 0.01 }, expected: [0.98, 0.96, 0.94, 0.92] },
    {
      name: 'tff-sgdm',
      options: { optimizer: 'momentum', momentum: 0.5, learningRate: 0.01 },
      expected: [0.98, 0.95, 0.915, 0.8775],
    },
    { name: 'tff-adam', options: { optimizer: 'adam', learningRate: 0.1 }, expected: [0.9, 0.8, 0.7, 0.6] },
  ] as const;
  for (const { name, options, expected } of vectors) {
    it(`${name}: one weight with a gradient of 2`, async () => {
      const layers = [{ type: 'dense' as const, units: 1, activation: 'linear' as const, useBias: false }];
      const spec = specOf('regress', [1], layers, 'huber');
      const samples = { features: Float32Array.of(2), targets: Float32Array.of(-100), count: 1 };
      for (const [i, value] of expected.entries()) {
        const { weights } = await engine.train({
          spec,
          weights: Float32Array.of(1),
          samples,
          options: { ...options, epochs: i + 1, batchSize: 1, seed: 0 },
        });
        assert.ok(Math.abs(weights[0] - value) < 1e-6, `${weights[0]} after ${i + 1}, not ${value}`);
      }
    });
  }
});
