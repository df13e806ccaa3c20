/** Learning from a teacher's softened probabilities: loss and gradient against the formulae in float64. */
import assert from 'node:assert/strict';
import type { LayerSpec } from '../../../../lib/model/spec';
import { generator } from '../../../../lib/random/generator';
import { createCoreEngine } from '../../../../lib/training/core/engine';
import type { TrainJob } from '../../../../lib/training/engine';
import { createTfjsEngine } from '../../../../lib/training/tfjs/engine';
import { specOf } from '../../../core/cases';

const core = createCoreEngine();
const random = generator(4, 'soft');
const ROWS = 11;
const INPUTS = 3;

const softmax = (z: number[]): number[] => {
  const exps = z.map((x) => Math.exp(x - Math.max(...z)));
  const sum = exps.reduce((a, b) => a + b, 0);
  return exps.map((x) => x / sum);
};

interface Case {
  name: string;
  outputs: number;
  layers: LayerSpec[];
  loss: 'softmax_cross_entropy' | 'sigmoid_cross_entropy';
  task: 'classify' | 'multi-label';
}
const dense = (units: number, activation: 'softmax' | 'sigmoid'): LayerSpec[] => [{ type: 'dense', units, activation }];
const kinds: Case[] = [
  { name: 'softmax', outputs: 4, layers: dense(4, 'softmax'), loss: 'softmax_cross_entropy', task: 'classify' },
  { name: 'sigmoids', outputs: 3, layers: dense(3, 'sigmoid'), loss: 'sigmoid_cross_entropy', task: 'multi-label' },
];

function jobOf({ outputs, layers, loss, task }: Case, temperature: number, share: number): TrainJob {
  const numbers = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
  const rows = Array.from({ length: ROWS }, () => Array.from({ length: outputs }, () => 2 * random.normal()));
  const sigmoids = (z: number[]): number[] => z.map((x) => 1 / (1 + Math.exp(-x)));
  return {
    spec: { ...specOf(task, [INPUTS], layers, loss), labels: Array.from({ length: outputs }, (_, i) => `label ${i}`) },
    weights: numbers((INPUTS + 1) * outputs),
    samples: {
      features: numbers(ROWS * INPUTS),
      targets: Float32Array.from({ length: task === 'classify' ? ROWS : ROWS * outputs }, () =>
        random.below(task === 'classify' ? outputs : 2),
      ),
      count: ROWS,
    },
    options: { epochs: 1, batchSize: 4, optimizer: 'sgd', learningRate: 0.1, seed: 1 },
    soft: {
      probabilities: Float32Array.from(rows.flatMap(task === 'classify' ? softmax : sigmoids)),
      temperature,
      share,
    },
    atStart: { loss: true, gradient: true },
  };
}

/** (1 - share) target + share T^2 softened, the mean over the rows, by the definitions. */
function lossOf({ samples, soft, spec }: TrainJob, weights: ArrayLike<number>, outputs: number): number {
  assert.ok(soft);
  const { temperature, share, probabilities } = soft;
  let sum = 0;
  for (let row = 0; row < ROWS; row++) {
    const z = Array.from({ length: outputs }, (_, c) => {
      let total = weights[INPUTS * outputs + c];
      for (let i = 0; i < INPUTS; i++) total += samples.features[row * INPUTS + i] * weights[i * outputs + c];
      return total;
    });
    const crossEntropy = (t: (c: number) => number, by: number): number =>
      spec.loss === 'softmax_cross_entropy'
        ? -softmax(z.map((x) => x / by)).reduce((all, p, c) => all + t(c) * Math.log(p), 0)
        : z.reduce((all, x, c) => {
            const p = 1 / (1 + Math.exp(-x / by));
            return all - (t(c) * Math.log(p) + (1 - t(c)) * Math.log(1 - p)) / outputs;
          }, 0);
    const target = (c: number): number =>
      spec.task === 'classify' ? Number(samples.targets[row] === c) : samples.targets[row * outputs + c];
    const taught = (c: number): number => probabilities[row * outputs + c];
    sum += (1 - share) * crossEntropy(target, 1) + share * temperature ** 2 * crossEntropy(taught, temperature);
  }
  return sum / ROWS;
}

describe('soft targets', () => {
  for (const kind of kinds) {
    for (const [temperature, share] of [
      [1, 1],
      [4, 1],
      [2.5, 0.3],
      [20, 0.9],
      [3, 0],
    ]) {
      it(`${kind.name}, T ${temperature}, share ${share}: loss and gradient of the formula`, async () => {
        const job = jobOf(kind, temperature, share);
        const { startLoss, startGradient } = await core.train(job);
        const expected = lossOf(job, job.weights, kind.outputs);
        assert.ok(
          Math.abs((startLoss ?? Number.NaN) - expected) < 1e-5 * Math.max(1, expected),
          `${startLoss}, not ${expected}`,
        );
        const step = 1e-4;
        for (let i = 0; i < job.weights.length; i++) {
          const at = (by: number): number => {
            const weights = Float64Array.from(job.weights);
            weights[i] += by;
            return lossOf(job, weights, kind.outputs);
          };
          const slope = (at(step) - at(-step)) / (2 * step);
          assert.ok(
            Math.abs((startGradient?.[i] ?? Number.NaN) - slope) < 2e-5 * Math.max(1, temperature),
            `number ${i}`,
          );
        }
      });
    }
  }

  it('makes a student of its teacher: without one label it comes to the same decisions', async () => {
    const [kind] = kinds;
    const job = jobOf(kind, 2, 1);
    const teacher = Float32Array.from(job.weights, () => random.normal());
    const features = Float32Array.from({ length: 400 * INPUTS }, () => random.normal());
    const rows = { spec: job.spec, features, count: 400 };
    const { outputs } = await core.predict({ ...rows, weights: teacher });
    const soft = Array.from({ length: 400 }, (_, row) => {
      // p^(1/T) over their sum is softmax(z / T).
      const roots = Array.from(outputs.subarray(row * 4, row * 4 + 4), (p) => Math.sqrt(p));
      const sum = roots.reduce((a, b) => a + b, 0);
      return roots.map((root) => root / sum);
    }).flat();
    const { weights } = await core.train({
      ...job,
      samples: { features, targets: new Float32Array(400), count: 400 },
      options: { ...job.options, epochs: 60, batchSize: 20 },
      soft: { probabilities: Float32Array.from(soft), temperature: 2, share: 1 },
      atStart: undefined,
    });
    const student = (await core.predict({ ...rows, weights })).outputs;
    const best = (of: Float32Array, row: number): number => {
      const four = of.subarray(row * 4, row * 4 + 4);
      return four.indexOf(Math.max(...four));
    };
    let alike = 0;
    for (let row = 0; row < 400; row++) alike += Number(best(outputs, row) === best(student, row));
    assert.ok(alike >= 396, `${alike} of 400`);
  });

  it('are checked', async () => {
    const [kind] = kinds;
    const good = jobOf(kind, 2, 0.5);
    assert.ok(good.soft);
    const wrong = [
      { ...good.soft, temperature: 0.5 },
      { ...good.soft, temperature: Number.NaN },
      { ...good.soft, share: 1.1 },
      { ...good.soft, probabilities: good.soft.probabilities.subarray(1) },
      { ...good.soft, probabilities: good.soft.probabilities.map((p) => p * 0.9) },
      { ...good.soft, probabilities: good.soft.probabilities.map((p, i) => (i === 0 ? Number.NaN : p)) },
      { ...good.soft, probabilities: good.soft.probabilities.map((p, i) => (i === 0 ? -1 : p)) },
    ];
    for (const soft of wrong) await assert.rejects(core.train({ ...good, soft }), { code: 'job' });
    const regress = specOf('regress', [INPUTS], [{ type: 'dense', units: 4, activation: 'linear' }], 'huber');
    const samples = { ...good.samples, targets: new Float32Array(ROWS * 4) };
    await assert.rejects(core.train({ ...good, spec: regress, samples }), { code: 'job' });
    const tfjs = createTfjsEngine({ native: false });
    if (typeof tfjs === 'string') throw new Error(tfjs);
    await assert.rejects(tfjs.train(good), { code: 'job' });
    tfjs.dispose();
  });

  it('leave the next job alone', async () => {
    const [kind] = kinds;
    const job = jobOf(kind, 4, 1);
    const { soft: _, ...plain } = job;
    const before = await core.train(plain);
    await core.train(job);
    assert.deepEqual((await core.train(plain)).weights, before.weights);
  });
});
