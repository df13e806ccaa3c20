/** What a pool does when a job is stopped, hangs or takes its worker down, and how it ends. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { defaultModel, initialWeights } from '../../../lib/model/index';
import type { TrainJob } from '../../../lib/training/engine';
import { createPool, type Pool, poolOf } from '../../../lib/training/pool';
import { faults } from './faults';

const spec = defaultModel({ task: 'regress', input: [4], outputs: 2 });

/** Far more steps than a test will wait for. */
function longJob(seed = 1): TrainJob {
  const count = 2000;
  const features = new Float32Array(new SharedArrayBuffer(16 * count));
  for (let i = 0; i < features.length; i++) features[i] = Math.sin(i);
  return {
    spec,
    weights: initialWeights(spec),
    samples: { features, targets: new Float32Array(2 * count), count },
    options: { epochs: 1_000_000, batchSize: 8, optimizer: 'sgd', learningRate: 0.001, seed },
  };
}
const short = (seed: number): TrainJob => ({ ...longJob(seed), options: { ...longJob(seed).options, epochs: 1 } });

describe('pool with jobs that are stopped', () => {
  let pool: Pool;
  before(() => {
    pool = createPool({ threads: 1 });
  });
  after(() => pool.close());

  it('tells how far it is, and stops', async () => {
    const stop = new AbortController();
    const fractions: number[] = [];
    const job = pool.train(longJob(), {
      signal: stop.signal,
      onProgress: (fraction) => {
        fractions.push(fraction);
        if (fractions.length === 3) stop.abort();
      },
    });
    await assert.rejects(job, { name: 'AbortError' });
    assert.equal(fractions.length, 3);
    assert.ok(fractions.every((one, i) => one > 0 && one < 1 && (i === 0 || one >= fractions[i - 1])));
    assert.equal((await pool.train(short(1))).steps, 250);
  });

  it('stops a job that still waits for a worker', async () => {
    const stop = new AbortController();
    const first = pool.train(longJob(), { signal: stop.signal });
    const second = pool.train(short(2), { signal: AbortSignal.abort() });
    await assert.rejects(second, { name: 'AbortError' });
    const third = pool.train(longJob(3), { signal: stop.signal });
    stop.abort();
    await Promise.all([assert.rejects(first, { name: 'AbortError' }), assert.rejects(third, { name: 'AbortError' })]);
    assert.equal((await pool.train(short(4))).steps, 250);
  });

  it('gives the same bits as without a stop before', async () => {
    const one = await pool.train(short(5));
    const other = createPool({ threads: 1 });
    assert.deepEqual(one.weights, (await other.train(short(5))).weights);
    await other.close();
  });
});

describe('pool with workers that fail', () => {
  let pool: Pool;
  beforeEach(() => {
    pool = poolOf(join(__dirname, 'faulty-worker.js'), { threads: 1 });
  });
  afterEach(() => pool.close());

  for (const kind of ['exit', 'throwLater'] as const) {
    it(`rejects the job and works on with a new worker: ${kind}`, async () => {
      await assert.rejects(
        pool.train(short(faults[kind])),
        /worker ended unexpectedly and was replaced; try the job again/,
      );
      assert.deepEqual((await pool.train(short(faults.none))).weights, initialWeights(spec));
    });
  }

  it('ends a worker that does not answer, and works on', async () => {
    const stop = new AbortController();
    const hanging = pool.train(short(faults.hang), { signal: stop.signal });
    setTimeout(() => stop.abort(), 100);
    await assert.rejects(hanging, { name: 'AbortError' });
    assert.equal((await pool.train(short(faults.none))).steps, 0);
  });

  it('closes although a worker hangs', async () => {
    const hanging = pool.train(short(faults.hang));
    const waiting = pool.train(short(faults.none));
    const ends = [assert.rejects(hanging, { name: 'AbortError' }), assert.rejects(waiting, { name: 'AbortError' })];
    await new Promise((resolve) => setTimeout(resolve, 150));
    await pool.close();
    await Promise.all(ends);
  });

  it('takes no job after it was closed, and closes twice', async () => {
    await pool.close();
    await pool.close();
    await assert.rejects(pool.train(short(faults.none)), { name: 'AbortError', message: 'The pool is closed.' });
  });

  it('leaves no thread behind', async () => {
    const threads = (): number => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
    const before = threads();
    for (let i = 0; i < 3; i++) {
      const other = createPool({ threads: 2 });
      await Promise.all([other.train(short(1)), other.train(short(2))]);
      await other.close();
    }
    assert.equal(threads(), before);
  });

  it('refuses a number of threads that makes no sense', () => {
    for (const threads of [0, -1, 1.5, Number.NaN, 1000]) assert.throws(() => createPool({ threads }), RangeError);
    assert.ok(pool.threads === 1);
  });
});
