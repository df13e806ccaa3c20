import assert from 'node:assert/strict';
import { createKernels } from '../../../lib/core';
import { publicRows } from '../../../lib/distillation';
import { exportModel } from '../../../lib/export';
import { defaultModel, fingerprint, initialWeights } from '../../../lib/model/index';
import { newLedger, plannedNoise, spent } from '../../../lib/privacy';
import { keyedNoise } from '../../../lib/privacy/noise';
import { generator } from '../../../lib/random/generator';
import { createRule } from '../../../lib/robust';
import { createCoreEngine } from '../../../lib/training/core/engine';
import type { TrainJob } from '../../../lib/training/engine';
import { createPool, type Pool } from '../../../lib/training/pool';
import { entries, jobOf } from '../export/models';

const spec = defaultModel({ task: 'classify', input: [2], labels: ['inside', 'outside'], seed: 3 });

/** Points in a square, labelled by a circle; `shared` puts them into shared memory. */
function job(count: number, shared: boolean, epochs = 1): TrainJob {
  const make = (length: number): Float32Array =>
    shared ? new Float32Array(new SharedArrayBuffer(4 * length)) : new Float32Array(length);
  const features = make(2 * count);
  const targets = make(count);
  for (let i = 0; i < count; i++) {
    features[2 * i] = ((i * 37) % 101) / 50 - 1;
    features[2 * i + 1] = ((i * 73) % 89) / 44 - 1;
    targets[i] = Math.hypot(features[2 * i], features[2 * i + 1]) > 0.7 ? 1 : 0;
  }
  return {
    spec,
    weights: initialWeights(spec),
    samples: { features, targets, count },
    options: { epochs, batchSize: 16, optimizer: 'adam', learningRate: 0.01, seed: 5 },
  };
}

describe('pool', () => {
  let pool: Pool;
  before(() => {
    pool = createPool({ threads: 2 });
  });
  after(() => pool.close());

  it('trains in a worker, and the result does not depend on how the samples cross', async () => {
    const [copied, shared] = await Promise.all([pool.train(job(200, false, 4)), pool.train(job(200, true, 4))]);
    assert.deepEqual(copied.weights, shared.weights);
    assert.equal(copied.steps, 4 * 13);
    assert.ok(copied.loss < copied.firstLoss, `${copied.loss} < ${copied.firstLoss}`);
    assert.equal(fingerprint(spec).length, 64);
  });

  it('leaves the caller its vectors', async () => {
    const one = job(50, false);
    const before = one.weights.slice();
    await pool.train(one);
    assert.deepEqual(one.weights, before);
    assert.equal(one.samples.features.length, 100);
  });

  it('sends only the part of a buffer that a vector covers', async () => {
    const one = job(50, false);
    const large = new Float32Array(1000);
    large.set(one.samples.features, 300);
    const whole = await pool.train(one);
    const part = await pool.train({ ...one, samples: { ...one.samples, features: large.subarray(300, 400) } });
    assert.deepEqual(part.weights, whole.weights);
  });

  it('gives probabilities', async () => {
    const one = job(50, false);
    const { outputs } = await pool.predict({ spec, weights: one.weights, features: one.samples.features, count: 50 });
    assert.equal(outputs.length, 100);
    for (let i = 0; i < 50; i++) assert.ok(Math.abs(outputs[2 * i] + outputs[2 * i + 1] - 1) < 1e-6);
  });

  it('keeps the kind and the sentence of a refusal', async () => {
    const one = job(50, false);
    await assert.rejects(pool.train({ ...one, weights: new Float32Array(3) }), {
      name: 'RefusedError',
      code: 'job',
      message: `The weights must have ${one.weights.length} numbers, not 3.`,
    });
  });

  it('measures squared distances', async () => {
    const vectors = [Float32Array.of(0, 0), Float32Array.of(3, 4), Float32Array.of(1, 0)];
    assert.deepEqual([...(await pool.squaredDistances(vectors))], [0, 25, 1, 25, 0, 20, 1, 20, 0]);
    assert.deepEqual([...(await pool.squaredDistances([]))], []);
    await assert.rejects(pool.squaredDistances([Float32Array.of(1), Float32Array.of(1, 2)]), /differ in length/);
  });

  it('carries out a robust rule in a worker, with the result that it has here', async () => {
    const random = generator(3, 'pool rule');
    const vectors = Array.from({ length: 9 }, () => Float32Array.from({ length: 500 }, () => random.normal()));
    const kernels = createKernels();
    const histories = vectors.map((vector, i) => (i === 4 ? undefined : vector.slice().reverse()));
    for (const options of [
      { name: 'bulyan', f: 1 },
      { name: 'median' },
      { name: 'fltrust' },
      { name: 'foolsgold' },
    ] as const) {
      const input = { vectors, root: vectors[0], histories };
      const here = createRule(options)?.combine(input, kernels);
      assert.deepEqual(await pool.combine(options, input), here);
    }
    const few = { vectors: vectors.slice(0, 3) };
    await assert.rejects(pool.combine({ name: 'bulyan', f: 1 }, few), {
      name: 'RefusedError',
      code: 'too-few-updates',
    });
  });

  it('puts public rows in order in a worker, as they are here, into memory that threads share', async () => {
    const random = generator(4, 'pool rows');
    const features = Float32Array.from({ length: 3 * 400 }, () => random.below(4));
    const block = { features, targets: Float32Array.from({ length: 400 }, () => random.below(2)), count: 400 };
    const [there, here] = [await pool.publicRows(block, 3), publicRows(block, 3)];
    assert.ok(here.count < 400);
    assert.deepEqual(there, here);
    assert.ok(there.features.buffer instanceof SharedArrayBuffer);
    await assert.rejects(pool.publicRows(block, 2), { name: 'RefusedError', code: 'public-rows' });
  });

  it('reckons privacy as it is reckoned here, behind no training, and can be stopped', async () => {
    const plan = { mode: 'central', delta: 1e-5, releases: 300, samplingRate: 0.05, accountant: 'pld' } as const;
    const training = new AbortController();
    const trained: string[] = [];
    // As many as there are threads, and far longer than the reckoning.
    const trainings = [1, 2].map(() =>
      pool.train(job(400, true, 1_000_000), { signal: training.signal }).catch(({ name }: Error) => trained.push(name)),
    );
    const found = await pool.plannedNoise(plan, { epsilon: 3 });
    assert.deepEqual(found, plannedNoise(plan, { epsilon: 3 }));
    const { noiseMultiplier } = found;
    const ledger = { ...newLedger(8, 1e-5, 'pld'), entries: [{ noiseMultiplier, samplingRate: 0.05, count: 300 }] };
    assert.equal(await pool.spent(ledger), found.epsilon);
    assert.equal(await pool.spent(ledger, 'a'), spent(ledger, 'a'));
    assert.deepEqual(trained, []);
    training.abort();
    await Promise.all(trainings);
    assert.deepEqual(trained, ['AbortError', 'AbortError']);
    const stop = new AbortController();
    const stopped = pool.plannedNoise({ ...plan, releases: 100_000 }, { epsilon: 3 }, { signal: stop.signal });
    stop.abort();
    await assert.rejects(stopped, { name: 'AbortError' });
    assert.equal((await pool.plannedNoise(plan, { noiseMultiplier })).epsilon, found.epsilon);
  });

  it('adds noise in a worker to a vector that stays as it was here', async () => {
    const size = 40_000;
    for (const memory of [new ArrayBuffer(4 * size), new SharedArrayBuffer(4 * size)]) {
      const vector = new Float32Array(memory).fill(1);
      const [one, two] = await Promise.all([1, 2].map(() => pool.noised(vector, { sigma: 2 })));
      assert.ok(vector.every((value) => value === 1));
      assert.notDeepEqual(one, two);
      const mean = one.reduce((sum, value) => sum + value, 0) / size;
      const deviation = Math.sqrt(one.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size);
      // Six standard errors: 2 / sqrt(n) = 0.01, and 2 / sqrt(2 n) = 0.007.
      assert.ok(Math.abs(mean - 1) < 0.06 && Math.abs(deviation - 2) < 0.042, `${mean} ${deviation}`);
    }
    // The noise of a tree is that of its secrets, wherever it is drawn.
    const [made, gone] = ['a1', 'b2'].map((two) => ({ level: 0, seed: two.repeat(32) }));
    const tree = { sigma: 2, tree: { made: { ...made, level: 1 }, gone: [gone] } };
    const expected = new Float32Array(50);
    const [plus, minus] = [made, gone].map(({ seed }) => keyedNoise(seed));
    for (let i = 0; i < expected.length; i++) expected[i] = 2 * (plus() - minus());
    assert.deepEqual(await pool.noised(new Float32Array(50), tree), expected);
  });

  it('exports a model in a worker, with the bytes that it gives here, and can be stopped', async () => {
    const [entry] = entries;
    const wanted = jobOf(entry, 60);
    const [there, here] = await Promise.all([pool.exportModel(wanted), exportModel(wanted, createCoreEngine())]);
    assert.deepEqual(
      there.files.map(({ name, bytes }) => [name, Buffer.from(bytes).toString('hex')]),
      here.files.map(({ name, bytes }) => [name, Buffer.from(bytes).toString('hex')]),
    );
    assert.deepEqual(there.report, here.report);
    const stop = new AbortController();
    const stopped = pool.exportModel(jobOf(entry, 20_000), { signal: stop.signal });
    stop.abort();
    await assert.rejects(stopped, { name: 'AbortError' });
    await assert.rejects(pool.exportModel({ ...wanted, formats: [] }), { code: 'no-format' });
  });
});
