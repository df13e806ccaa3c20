/** Proximal term, control vector, full batches and what is told of the start: against float64 and closed forms. */
import assert from 'node:assert/strict';
import { layoutOf } from '../../../../lib/model/layout';
import { createCoreEngine } from '../../../../lib/training/core/engine';
import type { TrainJob } from '../../../../lib/training/engine';
import { createTfjsEngine } from '../../../../lib/training/tfjs/engine';
import { cases, jobOf, optionCases, specOf } from '../../../core/cases';
import { referenceStart } from '../../../core/reference';

const core = createCoreEngine();
const tfjs = createTfjsEngine({ native: false });
if (typeof tfjs === 'string') throw new Error(tfjs);
const engines = [core, tfjs];

/** y = w x without bias: mean (w x - y)^2 = a w^2 - 2 b w + .., a = mean x^2, b = mean x y. */
const linear = specOf(
  'regress',
  [1],
  [{ type: 'dense', units: 1, activation: 'linear', useBias: false }],
  'mean_squared_error',
);
const line = (x: number[], y: number[], w: number, more: Partial<TrainJob>): TrainJob => ({
  spec: linear,
  weights: Float32Array.of(w),
  samples: { features: Float32Array.from(x), targets: Float32Array.from(y), count: x.length },
  options: { epochs: 1, batchSize: 8, optimizer: 'sgd', learningRate: 0.05, seed: 1 },
  ...more,
});
const mean = (values: number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
const near = (found: number, expected: number, within: number): void =>
  assert.ok(Math.abs(found - expected) <= within, `${found}, not ${expected}`);

describe('terms of a federated client', () => {
  after(() => tfjs.dispose());

  for (const engine of engines) {
    it(`${engine.name}: FedProx lands on the minimum of f + mu/2 |w - anchor|^2`, async () => {
      const [x, y] = [
        [1, 2, -1, 0.5],
        [3, 5, -2, 2],
      ];
      const a = mean(x.map((one) => one * one));
      const b = mean(x.map((one, i) => one * y[i]));
      for (const [mu, anchor] of [
        [0, 0],
        [1, 0],
        [1, -4],
        [10, 2],
      ]) {
        // 2 a w - 2 b + mu (w - anchor) = 0
        const expected = (2 * b + mu * anchor) / (2 * a + mu);
        const options = { epochs: 400, batchSize: 3, optimizer: 'sgd', learningRate: 0.05, seed: 1 } as const;
        const job = line(x, y, 0, { options: { ...options, proximal: mu, fullBatch: true } });
        const { weights, steps } = await engine.train({ ...job, anchor: Float32Array.of(anchor) });
        assert.equal(steps, 400);
        near(weights[0], expected, 1e-5);
      }
    });

    it(`${engine.name}: with c - c_i added a client stays at the optimum of all, without it leaves for its own`, async () => {
      // Two clients y = 1 x and y = 3 x on x = 1: the optimum of both is 2, where their gradients are +2 and -2.
      const clients = [1, 3].map((target) => line([1], [target], 2, {}));
      const gradients = await Promise.all(
        clients.map(async (job) => {
          const { startGradient } = await engine.train({ ...job, atStart: { gradient: true } });
          return startGradient?.[0] ?? Number.NaN;
        }),
      );
      near(gradients[0], 2, 1e-6);
      near(gradients[1], -2, 1e-6);
      const c = mean(gradients);
      for (const [i, job] of clients.entries()) {
        const options = { ...job.options, epochs: 50 };
        const control = Float32Array.of(c - gradients[i]);
        near((await engine.train({ ...job, options, control })).weights[0], 2, 1e-6);
        near((await engine.train({ ...job, options })).weights[0], [1, 3][i], 0.02);
        const wrong = Float32Array.of(gradients[i] - c);
        near((await engine.train({ ...job, options, control: wrong })).weights[0], [0, 4][i], 0.03);
      }
    });

    it(`${engine.name}: loss and gradient of the start are those of the plain loss, by float64`, async () => {
      for (const { name, job } of optionCases()) {
        const expected = referenceStart(job);
        const found = await engine.train({ ...job, atStart: { loss: true, gradient: true } });
        near(found.startLoss ?? Number.NaN, expected.loss, 1e-5 * expected.loss);
        assert.equal(found.startGradient?.length, expected.gradient.length, name);
        expected.gradient.forEach((one, i) => {
          near(found.startGradient?.[i] ?? Number.NaN, one, 2e-6);
        });
        const plain = await engine.train(job);
        assert.deepEqual(plain.weights, found.weights, `${name}: asking changes no bit of the training`);
        assert.ok(!('startLoss' in plain) && !('startGradient' in plain));
        const lossOnly = await engine.train({ ...job, atStart: { loss: true } });
        assert.equal(lossOnly.startLoss, found.startLoss);
        assert.equal(lossOnly.startGradient, undefined);
      }
    });

    it(`${engine.name}: tensors that do not learn keep every bit, whatever the optimiser and the terms`, async () => {
      for (const { name, job } of optionCases()) {
        for (const trainable of [
          [true, true, false, false],
          [false, false, true, true],
          [false, true, true, false],
        ]) {
          const { weights } = await engine.train({ ...job, trainable });
          const tensors = layoutOf(job.spec).tensors;
          for (const [i, { offset, size }] of tensors.entries()) {
            const part = [weights, job.weights].map((vector) => vector.slice(offset, offset + size));
            if (trainable[i]) assert.notDeepEqual(part[0], part[1], name);
            else assert.deepEqual(part[0], part[1], name);
          }
        }
        const all = await engine.train({ ...job, trainable: [true, true, true, true] });
        const unnamed = await engine.train({ ...job, trainable: undefined });
        assert.deepEqual(all.weights, unnamed.weights, 'all learn when none is named');
      }
    });

    it(`${engine.name}: refuses vectors that do not fit`, async () => {
      const job = line([1], [1], 0, {});
      const bad: [Partial<TrainJob>, string][] = [
        [{ anchor: new Float32Array(2) }, 'job'],
        [{ control: new Float32Array(0) }, 'job'],
        [{ trainable: [true, true] }, 'job'],
        [{ trainable: [false] }, 'job'],
        [{ options: { ...job.options, proximal: -1 } }, 'job'],
        [{ options: { ...job.options, proximal: Number.NaN } }, 'job'],
        [{ control: Float32Array.of(Number.NaN) }, 'not-finite'],
        [{ anchor: Float32Array.of(Number.POSITIVE_INFINITY), options: { ...job.options, proximal: 1 } }, 'not-finite'],
      ];
      for (const [more, code] of bad) await assert.rejects(engine.train({ ...job, ...more }), { code });
    });

    it(`${engine.name}: progress counts the pass at the start and the chunks of full batches`, async () => {
      const job = line([1, 2, 3, 4, 5], [1, 2, 3, 4, 5], 0, { atStart: { loss: true } });
      const options = { ...job.options, batchSize: 2, fullBatch: true, epochs: 4, learningRate: 0.01 };
      const seen: [number, number][] = [];
      const { steps } = await engine.train({ ...job, options }, (...one) => seen.push(one) > 0);
      assert.equal(steps, 4);
      assert.deepEqual(seen[seen.length - 1], [15, 15]);
      await assert.rejects(
        engine.train({ ...job, options }, () => false),
        { name: 'AbortError' },
      );
    });
  }

  for (const { name, job } of cases().filter((one) => !one.job.options.adversarial)) {
    it(`${name}: no bit of a full batch depends on its chunks or on the seed`, async () => {
      const options = { ...job.options, fullBatch: true, epochs: 3 };
      const whole = await core.train({ ...job, options, atStart: { loss: true, gradient: true } });
      assert.notDeepEqual(whole.weights, job.weights);
      for (const batchSize of [1, 3, 5, job.samples.count]) {
        const chunked = { ...options, batchSize, seed: batchSize };
        const found = await core.train({ ...job, options: chunked, atStart: { loss: true, gradient: true } });
        assert.deepEqual({ ...found, durationMs: 0 }, { ...whole, durationMs: 0 });
      }
    });
  }

  it('tfjs: batch normalisation has no full batch in chunks', async () => {
    const normalise = { type: 'foreign', className: 'BatchNormalization', config: {} } as const;
    const spec = { ...linear, input: [3], layers: [normalise, ...linear.layers] };
    const job = jobOf(spec, 6, { fullBatch: true, batchSize: 4 });
    await assert.rejects(tfjs.train(job), { code: 'job', message: /set the batch size to 6/ });
    assert.equal((await tfjs.train({ ...job, options: { ...job.options, batchSize: 6 } })).steps, 3);
  });
});
