/** Learning from a teacher's softened probabilities: loss and gradient against the formulae in float64. */
import assert from 'node:assert/strict';
import { initialWeights } from '../../../../lib/model/initial-weights';
import { parseSpec } from '../../../../lib/model/parse-spec';
import type { LayerSpec } from '../../../../lib/model/spec';
import { generator } from '../../../../lib/random/generator';
import { createCoreEngine } from '../../../../lib/training/core/engine';
import type { TrainJob } from '../../../../lib/training/engine';
import { createTfjsEngine } from '../../../../lib/training/tfjs/engine';
import { specOf } from '../../../core/cases';

const core = createCoreEngine();
const made = createTfjsEngine({ native: false });
if (typeof made === 'string') throw new Error(made);
const tfjs = made;
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

/** T^2 times the mean entropy of the rows of a teacher. */
const lossFloor = ({ probabilities, temperature }: { probabilities: Float32Array; temperature: number }): number =>
  (temperature ** 2 * probabilities.reduce((sum, p) => sum - p * Math.log(p), 0)) / ROWS;

describe('soft targets', () => {
  after(() => tfjs.dispose());

  const runs = [core, tfjs].flatMap((engine) => kinds.map((kind) => ({ engine, kind })));
  for (const { engine, kind } of runs) {
    for (const [temperature, share] of [
      [1, 1],
      [4, 1],
      [2.5, 0.3],
      [20, 0.9],
      [3, 0],
    ]) {
      it(`${engine.name}, ${kind.name}, T ${temperature}, share ${share}: loss and gradient of the formula`, async () => {
        const job = jobOf(kind, temperature, share);
        const { startLoss, startGradient } = await engine.train(job);
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

  const hidden: Case[] = [
    { ...kinds[0], layers: [{ type: 'dense', units: 7, activation: 'tanh' }, ...kinds[0].layers] },
    { ...kinds[1], layers: [{ type: 'dense', units: 7, activation: 'relu' }, ...kinds[1].layers] },
  ];
  const several: [name: string, share: number, options: Partial<TrainJob['options']>, only?: 'classify'][] = [
    ['Adam', 0.5, { optimizer: 'adam', epochs: 20, learningRate: 0.01 }],
    ['the teacher alone, class weights say nothing', 1, { classWeights: [0, 0, 0, 0] }, 'classify'],
    ['class weights and focal loss of the targets', 0.4, { classWeights: [1, 2, 0, 0.5], focalGamma: 2 }, 'classify'],
    ['focal loss', 0.4, { focalGamma: 1.5 }],
    ['full batches', 0.7, { fullBatch: true, batchSize: 3 }],
    ['L2, clipped', 0.7, { l2: 0.1, clipNorm: 0.1 }],
    ['FGSM', 0.5, { adversarial: { method: 'fgsm', epsilon: 0.1 } }],
    ['PGD alone, focal loss', 0.5, { adversarial: { method: 'pgd', epsilon: 0.2, share: 1 }, focalGamma: 1 }],
  ];
  for (const kind of hidden) {
    for (const [name, share, options, only] of several) {
      if (only && kind.task !== only) continue;
      it(`${kind.name}, ${name}: both engines come to the same weights`, async () => {
        const job = jobOf(kind, 3, share);
        const weights = initialWeights(job.spec);
        const whole: TrainJob = { ...job, weights, options: { ...job.options, epochs: 4, ...options } };
        const [mine, theirs] = [await core.train(whole), await tfjs.train(whole)];
        const moved = Math.max(...theirs.weights.map((w, i) => Math.abs(w - weights[i])));
        const apart = Math.max(...mine.weights.map((w, i) => Math.abs(w - theirs.weights[i])));
        assert.ok(moved > 1e-3 && apart <= 1e-3 * moved, `${apart} apart after moving ${moved}`);
        for (const figure of ['startLoss', 'loss', 'firstLoss'] as const) {
          const [a = Number.NaN, b = Number.NaN] = [mine[figure], theirs[figure]];
          assert.ok(Math.abs(a - b) <= 1e-4 * (1 + b), `${figure}: ${a} and ${b}`);
        }
      });
    }
  }

  it('teach a network that only TensorFlow.js can run', async () => {
    const layers: LayerSpec[] = [
      { type: 'foreign', className: 'GRU', config: { units: 6 } },
      { type: 'dense', units: 4, activation: 'softmax' },
    ];
    const spec = parseSpec({ task: 'classify', input: [INPUTS, 1], layers, labels: ['a', 'b', 'c', 'd'], seed: 2 });
    const [kind] = kinds;
    const { samples, soft, options } = jobOf(kind, 2, 1);
    assert.ok(soft);
    const entropy = lossFloor(soft);
    const job: TrainJob = { spec, weights: initialWeights(spec), samples, soft, options };
    const { loss, firstLoss } = await tfjs.train({
      ...job,
      options: { ...options, optimizer: 'adam', learningRate: 0.03, epochs: 150, batchSize: ROWS },
    });
    // The least that a cross-entropy can be is the entropy of the teacher.
    assert.ok(loss > entropy - 1e-4, `${loss} is below the entropy ${entropy}`);
    assert.ok(loss - entropy < 0.2 * (firstLoss - entropy), `from ${firstLoss} to ${loss}, at least ${entropy}`);
  });

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
    for (const engine of [core, tfjs]) {
      for (const soft of wrong) await assert.rejects(engine.train({ ...good, soft }), { code: 'job' });
    }
    const regress = specOf('regress', [INPUTS], [{ type: 'dense', units: 4, activation: 'linear' }], 'huber');
    const samples = { ...good.samples, targets: new Float32Array(ROWS * 4) };
    await assert.rejects(core.train({ ...good, spec: regress, samples }), { code: 'job' });
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
