/** What a board learns, at the end of hand-written frames: the bits of the gateway's engine. */
import assert from 'node:assert/strict';
import { layoutOf, type ModelSpec } from '../../../lib/model';
import { createCoreEngine } from '../../../lib/training/core/engine';
import type { TrainingOptions } from '../../../lib/training/engine';
import { codecs } from './codecs';
import { u16 } from './raw-board';
import { bytesOf, conv, dense, key, readUpdate, ready, sha256, train } from './raw-work';

describe('the board: learning', () => {
  const cases: [string, ModelSpec, Partial<TrainingOptions>][] = [
    ['dense, sgd', dense, {}],
    ['dense, momentum, class weights', dense, { optimizer: 'momentum', momentum: 0.8, classWeights: [1, 2, 0.5] }],
    ['dense, adam, clipped, with a penalty', dense, { optimizer: 'adam', clipNorm: 0.5, l2: 0.01 }],
    ['conv1d, sgd', conv, { learningRate: 0.02 }],
    ['conv1d, adam, some steps', conv, { optimizer: 'adam', maxSteps: 7 }],
  ];
  for (const [name, spec, more] of cases) {
    it(`gives the bits of the gateway's engine: ${name}`, async () => {
      const { host, weights, rows } = ready(spec);
      const options: TrainingOptions = {
        epochs: 3,
        batchSize: 8,
        optimizer: 'sgd',
        learningRate: 0.1,
        seed: 77,
        ...more,
      };
      const samples = { features: rows.features, targets: rows.targets, count: rows.count };
      const expected = await createCoreEngine().train({ spec, weights, samples, options });
      const change = expected.weights.map((w, i) => Math.fround(w - weights[i]));
      assert.equal(train(host, 21, options, 0)[0], 0);
      const job = host.event(0xc1);
      assert.deepEqual(
        [job[8], job[9], job.readUInt32LE(10), job.readUInt32LE(14)],
        [2, 0, rows.count, expected.steps],
      );
      assert.deepEqual([job.readDoubleLE(18), job.readDoubleLE(26)], [expected.loss, expected.firstLoss]);
      const update = readUpdate(host, 21, job.readUInt32LE(38));
      assert.ok(update.equals(bytesOf(change)));
      assert.ok(sha256(update).equals(job.subarray(42, 74)));
      assert.equal(train(host, 22, options, 8)[0], 0);
      const small = readUpdate(host, 22, host.event(0xc1).readUInt32LE(38));
      const tensors = layoutOf(spec).tensors.map(({ size, channels }): [number, number] => [size, channels]);
      assert.ok(small.equals(codecs.quantize8(change, tensors)));
      const probe = rows.features.slice(0, rows.width);
      const { outputs } = await createCoreEngine().predict({ spec, weights, features: probe, count: 1 });
      assert.ok(
        host.ask(0x40, u16(0), bytesOf(probe)).subarray(1).equals(bytesOf(outputs)),
        'the global weights again',
      );
    });
  }

  it('does a job once, whatever is asked again, and tells its result again', () => {
    const { host } = ready(dense);
    const options: TrainingOptions = { epochs: 2, batchSize: 8, optimizer: 'sgd', learningRate: 0.1, seed: 1 };
    train(host, 5, options, 0);
    const job = host.event(0xc1);
    train(host, 5, options, 0);
    assert.throws(() => host.event(0xc1, 300), /no event/);
    assert.ok(host.ask(0x32, key(5)).subarray(1).equals(job));
    assert.equal(host.ask(0x32, key(6))[0], 16);
  });

  it('tells a divergence as a failed job, and goes on with the global weights', () => {
    const { host, rows } = ready(dense);
    const probe = bytesOf(rows.features.slice(0, 9));
    const before = host.ask(0x40, u16(0), probe).toString('hex');
    train(host, 5, { epochs: 30, batchSize: 8, optimizer: 'sgd', learningRate: 1e6, l2: 1000, seed: 1 }, 0);
    const job = host.event(0xc1);
    assert.deepEqual([job[8], job[9], job.readUInt32LE(38)], [3, 14, 0]);
    assert.equal(host.ask(0x40, u16(0), probe).toString('hex'), before);
  });

  it('can be stopped', () => {
    const { host } = ready(dense);
    const long: TrainingOptions = { epochs: 9999, batchSize: 1, optimizer: 'sgd', learningRate: 0.01, seed: 1 };
    train(host, 5, long, 0);
    assert.equal(host.ask(0x41)[0], 8, 'busy');
    assert.equal(host.ask(0x31)[0], 0);
    assert.deepEqual([...host.event(0xc1).subarray(8, 9)], [3]);
  });

  it('evaluates the rows it holds', async () => {
    const { host, weights, rows } = ready(dense);
    assert.equal(host.ask(0x41)[0], 0);
    const found = host.event(0xc3);
    const { outputs } = await createCoreEngine().predict({ spec: dense, weights, ...rows });
    let hits = 0;
    let loss = 0;
    for (let row = 0; row < rows.count; row++) {
      const p = [...outputs.subarray(row * 3, row * 3 + 3)];
      if (p.indexOf(Math.max(...p)) === rows.targets[row]) hits++;
      loss -= Math.log(p[rows.targets[row]]) / rows.count;
    }
    assert.deepEqual([found[0], found.readUInt32LE(1), found.readUInt32LE(13)], [0, rows.count, hits]);
    assert.ok(Math.abs(found.readDoubleLE(5) - loss) < 1e-6);
  });
});
