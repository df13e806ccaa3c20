import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { planBytes } from '../../../../lib/core';
import { programOf } from '../../../../lib/core/program';
import { initialWeights } from '../../../../lib/model';
import { createCoreEngine } from '../../../../lib/training/core/engine';
import { openSession } from '../../../../lib/training/core/session';
import { createSessions } from '../../../../lib/training/core/sessions';
import type { TrainJob } from '../../../../lib/training/engine';
import { cases, jobOf, specOf } from '../../../core/cases';

const engine = createCoreEngine();
const dense = specOf(
  'classify',
  [10],
  [
    { type: 'dense', units: 12, activation: 'relu' },
    { type: 'dense', units: 4, activation: 'softmax' },
  ],
  'softmax_cross_entropy',
  4,
);

describe('core engine', () => {
  it('leaves the weights of the job as they were, and gives the same bits again', async () => {
    const job = jobOf(dense, 50);
    const before = job.weights.slice();
    const first = await engine.train(job);
    assert.deepEqual(job.weights, before);
    assert.notDeepEqual(first.weights, before);
    assert.deepEqual((await engine.train(job)).weights, first.weights);
    const other = await engine.train({ ...job, options: { ...job.options, seed: 10 } });
    assert.notDeepEqual(other.weights, first.weights);
  });

  it('learns to tell classes apart, and says so with probabilities', async () => {
    const job = jobOf(dense, 200, { epochs: 60, learningRate: 0.1 });
    for (let r = 0; r < 200; r++) job.samples.features[r * 10 + job.samples.targets[r]] += 3;
    const { weights, loss, firstLoss } = await engine.train(job);
    assert.ok(loss < 0.2 && firstLoss > 2 * loss, `${firstLoss} -> ${loss}`);
    const { outputs } = await engine.predict({ spec: dense, weights, features: job.samples.features, count: 200 });
    let right = 0;
    for (let r = 0; r < 200; r++) {
      const row = outputs.subarray(r * 4, r * 4 + 4);
      assert.ok(Math.abs(row.reduce((sum, p) => sum + p, 0) - 1) < 1e-5);
      if (row.indexOf(Math.max(...row)) === job.samples.targets[r]) right++;
    }
    assert.ok(right > 180, `${right} of 200 right`);
  });

  it('runs jobs of one model side by side without mixing them', async () => {
    const jobs = [1, 2, 3, 4].map((seed) => jobOf(dense, 60, { seed, epochs: 40 }));
    const alone: Float32Array[] = [];
    for (const job of jobs) alone.push((await engine.train(job)).weights);
    const together = await Promise.all(jobs.map((job) => engine.train(job)));
    together.forEach((result, i) => {
      assert.deepEqual(result.weights, alone[i]);
    });
  });

  it('tells its progress, stops when told to, and works on afterwards', async () => {
    const job = jobOf(dense, 64, { epochs: 500 });
    const seen: number[] = [];
    await assert.rejects(
      engine.train(job, (done, total) => {
        assert.equal(total, 500 * 16);
        seen.push(done);
        return seen.length < 3;
      }),
      { name: 'AbortError' },
    );
    assert.equal(seen.length, 3);
    assert.ok(seen[0] >= 1 && seen[1] > seen[0] && seen[2] < 8000);
    const done = await engine.train(job);
    assert.equal(done.steps, 8000);
    const other = createCoreEngine();
    assert.deepEqual((await other.train(job, () => true)).weights, done.weights);
  });

  it('gives way to the event loop while it trains', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await engine.train(jobOf(dense, 64, { epochs: 3000 }));
    clearInterval(timer);
    assert.ok(turns > 2, `${turns} turns`);
  });

  it('stops at the largest number of steps', async () => {
    const limited = await engine.train(jobOf(dense, 30, { epochs: 10, maxSteps: 11 }));
    assert.equal(limited.steps, 11);
    const none = await engine.train(jobOf(dense, 30, { epochs: 10, maxSteps: 0 }));
    assert.equal(none.steps, 0);
    assert.deepEqual(none.weights, jobOf(dense, 30).weights);
  });

  it('refuses what does not fit, with a sentence', async () => {
    const good = jobOf(dense, 8);
    const { samples, options } = good;
    const withFeature = (x: number): TrainJob => {
      const features = samples.features.slice();
      features[17] = x;
      return { ...good, samples: { ...samples, features } };
    };
    const bad: [TrainJob, string][] = [
      [{ ...good, weights: good.weights.subarray(1) }, 'job'],
      [{ ...good, weights: good.weights.map(() => Number.NaN) }, 'not-finite'],
      [withFeature(Number.NaN), 'samples'],
      [withFeature(Number.POSITIVE_INFINITY), 'samples'],
      [{ ...good, samples: { ...samples, targets: samples.targets.map(() => 4) } }, 'job'],
      [{ ...good, options: { ...options, learningRate: 1e30 } }, 'diverged'],
      [{ ...good, normalisation: { mean: [0], std: [1] } }, 'job'],
    ];
    for (const [job, code] of bad) await assert.rejects(engine.train(job), { code });
    const regress = specOf('regress', [2], [{ type: 'dense', units: 1, activation: 'linear' }], 'mean_squared_error');
    const values = jobOf(regress, 4);
    values.samples.targets[2] = Number.NaN;
    await assert.rejects(engine.train(values), { code: 'samples' });
    assert.equal((await engine.train(good)).steps, 6);
  });

  it('names the layers that it lacks', () => {
    assert.deepEqual(engine.lacks(dense), []);
    const lacking = engine.lacks({
      ...dense,
      layers: [{ type: 'foreign', className: 'LSTM', config: {} }, ...dense.layers],
    });
    assert.equal(lacking.length, 1);
    assert.match(lacking[0], /LSTM/);
  });

  it('uses no more memory for the hundredth job than for the second', async () => {
    const sessions = createSessions();
    const job = jobOf(dense, 500);
    const program = programOf(dense, { batch: 16, slots: 2, training: true });
    const sizes: number[] = [];
    for (let i = 0; i < 100; i++) {
      await sessions.use(program, async (session) => {
        session.putWeights(job.weights);
        session.place(job.samples.features, job.samples.targets, undefined, 500);
        sizes.push(session.core.size());
      });
    }
    assert.equal(new Set(sizes.slice(1)).size, 1);
  });

  it('says what a model needs before anything is allocated for it', () => {
    const forward = planBytes(dense, { batch: 1, slots: 0, training: false });
    const sgd = planBytes(dense, { batch: 16, slots: 0, training: true });
    const adam = planBytes(dense, { batch: 16, slots: 2, training: true });
    const parameters = 10 * 12 + 12 + 12 * 4 + 4;
    assert.equal(openSession(programOf(dense, { batch: 16, slots: 2, training: true })).parameters, parameters);
    assert.equal(adam - sgd, 2 * 4 * parameters);
    assert.ok(sgd > 2 * 4 * parameters && forward > 4 * parameters && forward < sgd);
    const huge = {
      ...dense,
      layers: [{ type: 'dense' as const, units: 2 ** 24, activation: 'relu' as const }, ...dense.layers],
    };
    assert.throws(() => planBytes(huge, { batch: 512, slots: 2, training: true }), { code: 'memory' });
  });
});

describe('core engine: the bits', () => {
  // Held by definitions.test.ts, tfjs-agreement.test.ts and npm run test:core to be right; held here to stay the same.
  const golden: Record<string, string> = {
    'dense, relu, softmax cross-entropy': 'c26b0635c07bd77e8bfdae8abedaa9e126bf254427b50994d477897397b510bb',
    'conv2d, same, stride 2': 'f459c7c6c4ba96bbcfa72bc8b03969403ac08c1015c41830d0ec29de4b844cac',
    everything: '145e7b4c001ff0f472a943620cd830aa166f1464e3c1fb78e26bed0b0e6154e5',
  };
  for (const [name, hash] of Object.entries(golden)) {
    it(`100 rounds of ${name} give the golden hash`, async () => {
      const job = cases().find((one) => one.name === name)?.job ?? assert.fail(name);
      let weights = initialWeights(job.spec);
      for (let round = 1; round <= 100; round++) {
        ({ weights } = await engine.train({ ...job, weights, options: { ...job.options, epochs: 1, seed: round } }));
      }
      assert.equal(createHash('sha256').update(new Uint8Array(weights.buffer)).digest('hex'), hash);
    });
  }
});
