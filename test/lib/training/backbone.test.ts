import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { backboneOf } from '../../../lib/training/backbone';
import { createPool, type Pool } from '../../../lib/training/pool';
import { count, file, inputs, outputs, path } from './backbone-fixture';

const sha256 = createHash('sha256').update(file).digest('hex');

describe('a frozen backbone', () => {
  let pool: Pool;
  before(() => {
    pool = createPool({ threads: 1 });
  });
  after(() => pool.close());

  it('is named by the hash of its file and its sizes', () => {
    assert.deepEqual(backboneOf(file), { sha256, inputs: 6, outputs: 2 });
  });

  it('gives in a worker what TensorFlow Lite Micro gives, row for row', async () => {
    const { features } = await pool.embed({ file, sha256, features: inputs, count });
    assert.deepEqual(features, outputs);
  });

  it('gives the same however many rows come at once', async () => {
    const times = 20_000;
    const many = new Float32Array(inputs.length * times);
    for (let i = 0; i < times; i++) many.set(inputs, i * inputs.length);
    const { features } = await pool.embed({ file, sha256, features: many, count: count * times });
    assert.equal(features.length, outputs.length * times);
    for (let i = 0; i < times; i += 997) {
      assert.deepEqual(features.subarray(i * outputs.length, (i + 1) * outputs.length), outputs);
    }
    assert.deepEqual(features.subarray(-outputs.length), outputs);
  });

  it('stops when nobody wants the rows any more', async () => {
    const many = new Float32Array(6 * 2_000_000);
    const stop = new AbortController();
    const work = pool.embed({ file, sha256, features: many, count: 2_000_000 }, { signal: stop.signal });
    setTimeout(() => stop.abort(), 20);
    await assert.rejects(work, { name: 'AbortError' });
    // The worker is free again.
    assert.deepEqual((await pool.embed({ file, sha256, features: inputs, count })).features, outputs);
  });

  it('refuses rows of another width, and files that cannot be run', async () => {
    await assert.rejects(pool.embed({ file, sha256, features: inputs, count: count + 1 }), {
      name: 'RefusedError',
      message: 'The backbone takes 6 numbers a sample, but 144 came for 25.',
    });
    const float = new Uint8Array(readFileSync(join(path, '../refused-float.tflite')));
    assert.throws(() => backboneOf(float), { name: 'RefusedError', message: /full integer quantisation/ });
    assert.throws(() => backboneOf(file.subarray(0, 900)), { name: 'RefusedError' });
  });
});
