/** The robustness figure: against what is known of linear models, and what training is to bring. */
import assert from 'node:assert/strict';
import type { LayerSpec, ModelSpec } from '../../../lib/model/spec';
import { generator } from '../../../lib/random/generator';
import { measureRobustness } from '../../../lib/robustness/measure';
import { createCoreEngine } from '../../../lib/training/core/engine';
import type { SampleBlock, TrainingOptions } from '../../../lib/training/engine';
import { createPool } from '../../../lib/training/pool';
import { cases, jobOf, specOf } from '../../core/cases';

const core = createCoreEngine();
const softmax = (units: number, useBias = true): LayerSpec => ({
  type: 'dense',
  units,
  activation: 'softmax',
  useBias,
});

/** Class 0 right of zero in feature 0, class 1 left of it; feature 1 has no say. Weights 2 I. */
const line: ModelSpec = specOf('classify', [2], [softmax(2, false)], 'softmax_cross_entropy', 2);
const lineWeights = Float32Array.of(2, 0, 0, 2);
/** Distances 0.1, 0.3, 0.5, 0.7 ... from the border between x0 and x1, on both sides. */
const lineSamples = ((): SampleBlock => {
  const margins = [0.1, 0.3, 0.5, 0.7, 0.9, 1.1, 1.3, 1.5, 1.7, 1.9];
  const rows = margins.flatMap((m) => [
    [m / 2, -m / 2],
    [-m / 2, m / 2],
  ]);
  return {
    features: Float32Array.from(rows.flat()),
    targets: Float32Array.from(rows, (_, i) => i % 2),
    count: rows.length,
  };
})();

function rings(count: number): SampleBlock {
  const random = generator(12, 'rings');
  const features = new Float32Array(count * 8);
  const targets = Float32Array.from({ length: count }, (_, r) => r % 2);
  for (let r = 0; r < count; r++) {
    const point = Array.from({ length: 8 }, () => random.normal());
    const length = Math.hypot(...point);
    point.forEach((one, i) => {
      features[r * 8 + i] = (one / length) * (r % 2 ? 3 : 1);
    });
  }
  return { features, targets, count };
}
const ringSpec = specOf(
  'classify',
  [8],
  [{ type: 'dense', units: 24, activation: 'relu' }, { type: 'dense', units: 16, activation: 'relu' }, softmax(2)],
  'softmax_cross_entropy',
  2,
);

describe('robustness', () => {
  it('of a linear model: a sample falls when twice epsilon passes its margin, and the weights say how much is amplified', async () => {
    const strengths = [0.1, 0.2, 0.4];
    for (const std of [
      [1, 1],
      [0.5, 0.25],
    ]) {
      // The same samples in other units, which the normalisation takes back.
      const features = lineSamples.features.map((x, i) => x * std[i % 2] + 5);
      const found = await measureRobustness(
        {
          spec: line,
          weights: lineWeights,
          normalisation: { mean: [5, 5], std },
          samples: { ...lineSamples, features },
          strengths,
          steps: 10,
          seed: 1,
        },
        core,
        core,
      );
      // Both features move by epsilon, so the margin shrinks by 2 epsilon: 0.1 falls at 0.1, 0.3 at 0.2, 0.5 and 0.7 at 0.4.
      assert.deepEqual(found.float32.fgsm, [0.9, 0.8, 0.6]);
      assert.deepEqual(found.float32.pgd, [0.9, 0.8, 0.6]);
      assert.equal(found.float32.clean, 1);
      assert.equal(found.samples, 20);
      const { int8 } = found;
      assert.ok(int8 && int8.clean >= 0.95 && int8.pgd.every((one, i) => Math.abs(one - found.float32.pgd[i]) <= 0.1));
      // Logits are 2 I x.
      assert.equal(found.float32.amplification[0].layer, 'dense_1');
      assert.ok(Math.abs(found.float32.amplification[0].ratio - 2) < 1e-3);
      assert.ok(Math.abs(int8.amplification[0].ratio - 2) < 0.1, `${int8.amplification[0].ratio}`);
    }
  });

  it('falls with the strength; orthogonal kernels amplify less, adversarial training holds more', async () => {
    const samples = rings(400);
    const job = jobOf(ringSpec, 1, { epochs: 60, batchSize: 16, learningRate: 0.05 });
    const trainedWith = async (more: Partial<TrainingOptions>) => {
      const { weights } = await core.train({ ...job, samples, options: { ...job.options, ...more } });
      const strengths = [0.1, 0.3, 0.6];
      return measureRobustness({ spec: ringSpec, weights, samples, strengths, steps: 10, seed: 1 }, core, core);
    };
    const plain = await trainedWith({});
    const bound = await trainedWith({ lipschitz: 0.02 });
    const trained = await trainedWith({ adversarial: { method: 'pgd', epsilon: 0.3 } });
    for (const { float32, int8 } of [plain, bound, trained]) {
      for (const figures of [float32, int8 ?? assert.fail()]) {
        assert.ok(figures.clean > 0.9);
        for (const { 0: low, 1: middle, 2: high } of [figures.fgsm, figures.pgd]) {
          assert.ok(low >= middle && middle >= high, `${low} ${middle} ${high}`);
        }
        assert.deepEqual(
          figures.amplification.map(({ layer }) => layer),
          ['dense_1', 'dense_2', 'dense_3'],
        );
      }
      float32.pgd.forEach((one, i) => {
        assert.ok(one <= float32.fgsm[i] + 0.02);
      });
    }
    const last = (figures: typeof plain.float32): number => figures.amplification[2].ratio;
    assert.ok(last(bound.float32) < 0.7 * last(plain.float32), `${last(bound.float32)}, ${last(plain.float32)}`);
    assert.ok(last(bound.int8 ?? assert.fail()) < 0.7 * last(plain.int8 ?? assert.fail()));
    assert.ok(trained.float32.pgd[1] > plain.float32.pgd[1]);
  });

  it('looks into every kind of layer, with 8 bits too', async () => {
    for (const { name, job } of cases().filter(({ name }) =>
      /^(conv1d|conv2d|depthwise|.*pooling.*), same, stride 2$/.test(name),
    )) {
      const { spec, weights, samples } = job;
      const found = await measureRobustness(
        { spec, weights, samples, strengths: [0.2], steps: 2, seed: 1 },
        core,
        core,
      );
      const learned = spec.layers.filter((layer) => 'activation' in layer).length;
      for (const figures of [found.float32, found.int8 ?? assert.fail(`${name}: ${found.noInt8}`)]) {
        assert.equal(figures.amplification.length, learned);
        for (const { ratio } of figures.amplification) assert.ok(Number.isFinite(ratio) && ratio > 0, name);
      }
    }
  });

  it('the pool gives the same, tells its progress and stops; what is no classifier is refused', async () => {
    const pool = createPool({ threads: 1 });
    try {
      const samples = rings(100);
      const { weights } = jobOf(ringSpec, 1);
      const job = { spec: ringSpec, weights, samples, strengths: [0.1, 0.2], steps: 5, seed: 1 };
      const direct = await measureRobustness(job, core, core);
      assert.deepEqual(await pool.robustness(job), direct);
      const controller = new AbortController();
      const stopped = pool.robustness({ ...job, steps: 1000 }, { signal: controller.signal });
      controller.abort();
      await assert.rejects(stopped, { name: 'AbortError' });
      for (const strengths of [[], [0], [0.2, 0.1], [Number.NaN]]) {
        await assert.rejects(pool.robustness({ ...job, strengths }), { code: 'robustness' });
      }
      const numbers = cases().find((one) => one.job.spec.task === 'regress')?.job ?? assert.fail();
      const wrong = { ...job, spec: numbers.spec, weights: numbers.weights, samples: numbers.samples };
      await assert.rejects(pool.robustness(wrong), { code: 'robustness', message: /classifiers/ });
    } finally {
      await pool.close();
    }
  });

  it('says why there is no figure for 8 bits', async () => {
    const job = { spec: line, weights: lineWeights, samples: lineSamples, strengths: [0.1], steps: 5, seed: 1 };
    const found = await measureRobustness(job, core, 'There is no core here.');
    assert.equal(found.noInt8, 'There is no core here.');
    assert.ok(!('int8' in found) && found.float32.pgd.length === 1);
  });
});
