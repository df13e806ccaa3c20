/** Foreign models through the pool: pure tfjs in a thread, the real tfjs-node in a process of its own. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { importModel, initialWeights, inputSize, parseSpec } from '../../../../lib/model/index';
import type { TrainJob } from '../../../../lib/training/engine';
import { createPool, type Pool } from '../../../../lib/training/pool';

const spec = parseSpec({
  task: 'classify',
  input: [4, 2],
  labels: ['down', 'up'],
  layers: [
    { type: 'foreign', className: 'LSTM', config: { units: 4 } },
    { type: 'foreign', className: 'BatchNormalization' },
    { type: 'dense', units: 2, activation: 'softmax' },
  ],
});

function job(epochs: number, shared = true): TrainJob {
  const count = 40;
  const vector = (length: number): Float32Array =>
    new Float32Array(shared ? new SharedArrayBuffer(4 * length) : new ArrayBuffer(4 * length));
  const features = vector(8 * count);
  const targets = vector(count);
  for (let i = 0; i < features.length; i++) features[i] = Math.sin(i * 7);
  for (let i = 0; i < count; i++) targets[i] = features[8 * i] > features[8 * i + 6] ? 0 : 1;
  return {
    spec,
    weights: initialWeights(spec),
    samples: { features, targets, count },
    options: { epochs, batchSize: 10, optimizer: 'adam', learningRate: 0.02, seed: 1 },
  };
}

describe('pool with foreign layers', () => {
  let pool: Pool;
  before(() => {
    pool = createPool({ threads: 1 });
  });
  after(() => pool.close());

  it('trains and predicts with tfjs, by itself, and says so', async () => {
    const one = job(15);
    const trained = await pool.train(one);
    assert.equal(trained.engine, 'tfjs');
    assert.ok(trained.loss < trained.firstLoss);
    const { outputs, engine } = await pool.predict({ spec, weights: trained.weights, ...one.samples });
    assert.equal(engine, 'tfjs');
    assert.equal(outputs.length, 80);
    assert.deepEqual((await pool.train(job(15, false))).weights, trained.weights);
  });

  it('trains a Keras model that was imported, from its own weights', async () => {
    const file = join(process.cwd(), 'test/fixtures/keras/recurrent.keras');
    const { spec: imported, weights } = await importModel(file, { labels: ['calm', 'wild'] });
    assert.ok(weights);
    const count = 60;
    const width = inputSize(imported);
    const features = Float32Array.from({ length: count * width }, (_, i) => {
      const row = Math.floor(i / width);
      return Math.sin(row + i * (row % 2 ? 2.1 : 0.3));
    });
    const targets = Float32Array.from({ length: count }, (_, i) => i % 2);
    const trained = await pool.train({
      spec: imported,
      weights,
      samples: { features, targets, count },
      options: { epochs: 10, batchSize: 10, optimizer: 'adam', learningRate: 0.01, seed: 2 },
    });
    assert.equal(trained.engine, 'tfjs');
    assert.ok(trained.loss < 0.7 * trained.firstLoss, `${trained.loss} after ${trained.firstLoss}`);
  });

  it('reports progress, stops when told to, and works on', async () => {
    const stop = new AbortController();
    const seen: number[] = [];
    const long = pool.train(job(100_000), {
      signal: stop.signal,
      onProgress: (fraction) => {
        seen.push(fraction);
        if (seen.length === 2) stop.abort();
      },
    });
    await assert.rejects(long, { name: 'AbortError' });
    assert.ok(seen.length === 2 && seen[0] < seen[1], seen.join());
    assert.equal((await pool.train(job(1))).steps, 4);
  });

  it('refuses the core engine for it with a sentence', () =>
    assert.rejects(pool.train(job(1), { engine: 'core' }), {
      name: 'RefusedError',
      message: /LSTM.*Set the engine to "auto" or "tfjs"/,
    }));

  it('keeps the kind of a refusal across the border', () =>
    assert.rejects(pool.train({ ...job(1), weights: new Float32Array(1) }), { name: 'RefusedError', code: 'job' }));
});
