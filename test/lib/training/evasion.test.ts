/** Samples moved against a model, and what training on them and penalising kernels brings. */
import assert from 'node:assert/strict';
import { layoutOf } from '../../../lib/model/layout';
import type { LayerSpec } from '../../../lib/model/spec';
import { generator } from '../../../lib/random/generator';
import { createCoreEngine } from '../../../lib/training/core/engine';
import type { EvasionJob, EvasionOptions, TrainingOptions } from '../../../lib/training/engine';
import { createPool } from '../../../lib/training/pool';
import { createTfjsEngine } from '../../../lib/training/tfjs/engine';
import { cases, jobOf, specOf } from '../../core/cases';

const core = createCoreEngine();
const tfjs = createTfjsEngine({ native: false });
if (typeof tfjs === 'string') throw new Error(tfjs);

const softmax = (units: number): LayerSpec => ({ type: 'dense', units, activation: 'softmax' });
/** Two classes told apart by the weights 3, -2 and 0: the logits are (z, -z) / 2 with z = 3 a - 2 b. */
const line = specOf('classify', [3], [{ ...softmax(2), useBias: false } as LayerSpec], 'softmax_cross_entropy', 2);
const lineWeights = Float32Array.of(1.5, -1.5, -1, 1, 0, 0);

const lineJob = (evasion: EvasionOptions, normalisation?: EvasionJob['normalisation']): EvasionJob => ({
  spec: line,
  weights: lineWeights,
  samples: {
    features: Float32Array.of(1, 0.5, 7, -1, 2, 7),
    targets: Float32Array.of(0, 1),
    count: 2,
  },
  normalisation,
  evasion,
  seed: 4,
});

/** Two rings of points in 8 features, far from linear. */
function rings(count: number): { features: Float32Array; targets: Float32Array; count: number } {
  const random = generator(12, 'rings');
  const features = new Float32Array(count * 8);
  const targets = new Float32Array(count);
  for (let r = 0; r < count; r++) {
    targets[r] = r % 2;
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
  [{ type: 'dense', units: 24, activation: 'relu' }, softmax(2)],
  'softmax_cross_entropy',
  2,
);

async function accuracy(weights: Float32Array, features: Float32Array, targets: Float32Array): Promise<number> {
  const count = targets.length;
  const { outputs } = await core.predict({ spec: ringSpec, weights, features, count });
  let hits = 0;
  targets.forEach((target, r) => {
    if (outputs[2 * r + 1] > outputs[2 * r] === (target === 1)) hits++;
  });
  return hits / count;
}

describe('samples moved against a model', () => {
  after(() => tfjs.dispose());

  for (const engine of [core, tfjs]) {
    it(`${engine.name}: FGSM goes epsilon against the sign of each weight, in normalised units`, async () => {
      const near = (found: Float32Array, expected: number[]): void =>
        expected.forEach((one, i) => {
          assert.ok(Math.abs(found[i] - one) < 1e-6, `${i}: ${found[i]}, not ${one}`);
        });
      // Class 0 is right where 3 a - 2 b is large: its sample goes down in a and up in b; the third feature has no say.
      near((await engine.evade(lineJob({ method: 'fgsm', epsilon: 0.25 }))).features, [0.75, 0.75, 7, -0.75, 1.75, 7]);
      const normalisation = { mean: [5, -3, 2], std: [2, 0.5, 10] };
      const { features } = await engine.evade(lineJob({ method: 'fgsm', epsilon: 0.1 }, normalisation));
      near(features, [0.8, 0.55, 7, -0.8, 1.95, 7]);
      assert.equal(features[2], 7);
    });

    it(`${engine.name}: PGD ends in the corner of the box that a linear model fears most`, async () => {
      const { features } = await engine.evade(lineJob({ method: 'pgd', epsilon: 0.25, steps: 10 }));
      [0.75, 0.75, -0.75, 1.75].forEach((one, i) => {
        const found = features[i < 2 ? i : i + 1];
        assert.ok(Math.abs(found - one) < 1e-6, `${found}, not ${one}`);
      });
      // The feature without a say stays where PGD started: anywhere in the box.
      for (const at of [2, 5]) assert.ok(features[at] !== 7 && Math.abs(features[at] - 7) <= 0.25);
    });

    it(`${engine.name}: refuses what makes no sense`, async () => {
      const bad: EvasionOptions[] = [
        { method: 'fgsm', epsilon: 0 },
        { method: 'fgsm', epsilon: Number.NaN },
        { method: 'pgd', epsilon: 1, steps: 0 },
        { method: 'pgd', epsilon: 1, steps: 1e6 },
        { method: 'pgd', epsilon: 1, stepSize: -1 },
      ];
      for (const evasion of bad) await assert.rejects(engine.evade(lineJob(evasion)), { code: 'job' });
      const anomaly = cases().find(({ job }) => job.spec.task === 'anomaly')?.job ?? assert.fail();
      const evasion = { method: 'fgsm', epsilon: 1 } as const;
      await assert.rejects(engine.evade({ ...anomaly, evasion, seed: 1 }), { code: 'job', message: /anomaly/ });
      const job = jobOf(ringSpec, 4);
      const refused: Partial<TrainingOptions>[] = [
        { adversarial: evasion, fullBatch: true },
        { adversarial: { ...evasion, share: 1.5 } },
        { adversarial: { ...evasion, epsilon: -1 } },
        { lipschitz: -1 },
        { focalGamma: Number.NaN },
      ];
      for (const options of refused) {
        await assert.rejects(engine.train({ ...job, options: { ...job.options, ...options } }), { code: 'job' });
      }
      const huber = cases().find((one) => one.job.spec.loss === 'huber')?.job ?? assert.fail();
      await assert.rejects(engine.train({ ...huber, options: { ...huber.options, focalGamma: 1 } }), {
        code: 'job',
        message: /cross-entropies/,
      });
    });
  }

  it('both engines move the rows of every kind of layer to the same places', async () => {
    for (const { name, job } of cases().filter((one) => one.job.spec.layers.some(({ type }) => type === 'flatten'))) {
      for (const evasion of [
        { method: 'fgsm', epsilon: 0.2 },
        { method: 'pgd', epsilon: 0.2, steps: 2 },
      ] as const) {
        const one = await core.evade({ ...job, evasion, seed: 3 });
        const other = await tfjs.evade({ ...job, evasion, seed: 3 });
        // Where a slope is 0 to rounding its sign is anybody's.
        const apart = one.features.filter((x, i) => Math.abs(x - other.features[i]) > 1e-5).length;
        assert.ok(apart <= one.features.length / 200, `${name}, ${evasion.method}: ${apart} of ${one.features.length}`);
        assert.ok(one.features.some((x, i) => Math.abs(x - job.samples.features[i]) > 0.1));
      }
    }
  });

  it('no number leaves the box, PGD does at least the harm of FGSM, and training on moved samples helps', async () => {
    const samples = rings(400);
    const job = jobOf(ringSpec, 1, { epochs: 60, batchSize: 16, learningRate: 0.1 });
    const adversarial = { method: 'pgd', epsilon: 0.3 } as const;
    const plain = await core.train({ ...job, samples });
    const robust = await core.train({ ...job, samples, options: { ...job.options, adversarial } });
    const under = async (weights: Float32Array, method: 'fgsm' | 'pgd'): Promise<number> => {
      const evasion = { method, epsilon: 0.3, steps: 10 };
      const { features } = await core.evade({ spec: ringSpec, weights, samples, evasion, seed: 1 });
      features.forEach((x, i) => {
        assert.ok(Math.abs(x - samples.features[i]) <= 0.3 + 1e-6);
      });
      return accuracy(weights, features, samples.targets);
    };
    const clean = await accuracy(plain.weights, samples.features, samples.targets);
    const [fgsm, pgd] = [await under(plain.weights, 'fgsm'), await under(plain.weights, 'pgd')];
    const [fgsmRobust, pgdRobust] = [await under(robust.weights, 'fgsm'), await under(robust.weights, 'pgd')];
    assert.ok(clean > 0.98 && fgsm < 0.9 && pgd <= fgsm, `${clean}, ${fgsm}, ${pgd}`);
    assert.ok(pgdRobust > pgd + 0.05 && fgsmRobust > fgsm, `${fgsmRobust} over ${fgsm}, ${pgdRobust} over ${pgd}`);
  });

  it('the pool does the same, stops when told to, and works on', async () => {
    const pool = createPool({ threads: 1 });
    try {
      const samples = rings(300);
      const weights = jobOf(ringSpec, 1).weights;
      const evasion = { method: 'pgd', epsilon: 0.3, steps: 20 } as const;
      const job: EvasionJob = { spec: ringSpec, weights, samples, evasion, seed: 9 };
      const { engine, features } = await pool.evade(job);
      assert.equal(engine, 'core');
      assert.deepEqual(features, (await core.evade(job)).features);
      assert.notDeepEqual(features, (await core.evade({ ...job, seed: 10 })).features);
      const controller = new AbortController();
      const stopped = pool.evade({ ...job, evasion: { ...evasion, steps: 1000 } }, { signal: controller.signal });
      controller.abort();
      await assert.rejects(stopped, { name: 'AbortError' });
      assert.deepEqual((await pool.evade(job)).features, features);
    } finally {
      await pool.close();
    }
  });
});

describe('orthogonal kernels', () => {
  const shapes: [string, number[], LayerSpec[]][] = [
    ['dense, more inputs than outputs', [9], [{ type: 'dense', units: 5, activation: 'linear' }]],
    ['dense, more outputs than inputs', [4], [{ type: 'dense', units: 7, activation: 'linear' }]],
    [
      'conv2d',
      [3, 3, 2],
      [{ type: 'conv2d', filters: 5, kernelSize: [2, 2], activation: 'linear' }, { type: 'flatten' }],
    ],
    [
      'depthwise',
      [3, 3, 3],
      [{ type: 'depthwise_conv2d', kernelSize: [2, 2], depthMultiplier: 2, activation: 'linear' }, { type: 'flatten' }],
    ],
  ];
  for (const engine of [core, tfjs]) {
    for (const [name, input, layers] of shapes) {
      it(`${engine.name}: ${name}: the penalty alone brings every singular value to 1`, async () => {
        const spec = specOf('classify', input, [...layers, softmax(2)], 'softmax_cross_entropy', 2);
        const options: TrainingOptions = {
          epochs: 3000,
          batchSize: 2,
          optimizer: 'sgd',
          learningRate: 0.1,
          lipschitz: 0.2,
          seed: 1,
        };
        // Rows of zeros leave the first kernel without another gradient.
        const samples = {
          features: new Float32Array(2 * input.reduce((a, b) => a * b)),
          targets: Float32Array.of(0, 1),
          count: 2,
        };
        const { weights } = await engine.train({ spec, weights: jobOf(spec, 1).weights, samples, options });
        const { offset, size, channels } = layoutOf(spec).tensors[0];
        const rows = size / channels;
        const at = (r: number, c: number): number => weights[offset + r * channels + c];
        const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
        const group = name === 'depthwise' ? 2 : channels;
        for (const first of range(channels / group).map((g) => g * group)) {
          const columns = range(group).map((c) => range(rows).map((r) => at(r, first + c)));
          const vectors = rows >= group ? columns : range(rows).map((r) => columns.map((column) => column[r]));
          vectors.forEach((one, i) => {
            vectors.forEach((other, j) => {
              const product = one.reduce((sum, x, k) => sum + x * other[k], 0);
              assert.ok(Math.abs(product - (i === j ? 1 : 0)) < 1e-4, `${i}, ${j}: ${product}`);
            });
          });
        }
      });
    }
  }

  it('tfjs: says when a kernel is no matrix that the penalty is defined for', async () => {
    const lstm = { type: 'foreign', className: 'LSTM', config: { units: 2 } } as const;
    const spec = specOf('classify', [3, 2], [lstm, softmax(2)], 'softmax_cross_entropy', 2);
    await assert.rejects(tfjs.train(jobOf(spec, 2, { lipschitz: 0.1 })), { code: 'job', message: /LSTM/ });
  });
});
