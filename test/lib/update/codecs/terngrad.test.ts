import assert from 'node:assert/strict';
import { createKernels } from '../../../../lib/core';
import { generator } from '../../../../lib/random/generator';
import { terngradWith } from '../../../../lib/update/codecs/terngrad';
import type { TensorSizes } from '../../../../lib/update/message';
import { refused } from '../refused';

const codec = terngradWith(createKernels());
const random = generator(3, 'terngrad test');
const normal = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
const step = { name: 'terngrad' };
const through = (vector: Float32Array, options: { clipping?: number; seed?: number }, tensors?: TensorSizes) => {
  const shape: TensorSizes = tensors ?? [[vector.length, 1]];
  return codec.decode(codec.encode(vector, shape, options).payload, step, shape);
};

describe('terngrad', () => {
  it('has three numbers for each tensor, five in a byte', () => {
    const tensors: TensorSizes = [
      [23, 1],
      [5, 5],
      [1, 1],
    ];
    const vector = normal(29);
    const { payload } = codec.encode(vector, tensors, { clipping: 0, seed: 1 });
    assert.equal(payload.length, 3 * 4 + 5 + 1 + 1);
    const back = codec.decode(payload, step, tensors);
    const parts: [number, number][] = [
      [0, 23],
      [23, 28],
      [28, 29],
    ];
    for (const [tensor, [from, to]] of parts.entries()) {
      const greatest = Math.max(...vector.subarray(from, to).map(Math.abs));
      for (let i = from; i < to; i++) {
        assert.ok([0, greatest].includes(Math.abs(back[i])));
        assert.ok(back[i] * vector[i] >= 0);
        // The trits as docs/messages.md puts them.
        const byte = payload[12 + [0, 5, 6][tensor] + Math.floor((i - from) / 5)];
        const trit = Math.floor(byte / 3 ** ((i - from) % 5)) % 3;
        assert.equal(back[i], [0, greatest, -greatest][trit] + 0);
      }
      assert.equal(payload.readFloatLE(4 * tensor), greatest);
    }
  });

  it('is right on average, with the variance of the paper: |v| (step - |v|)', () => {
    const vector = Float32Array.of(-1, -0.7, -0.31, 0, 0.011, 0.26, 0.999, 0.5, 0.75);
    const trials = 20_000;
    const sum = new Float64Array(vector.length);
    const squares = new Float64Array(vector.length);
    for (let seed = 0; seed < trials; seed++) {
      for (const [i, value] of through(vector, { clipping: 0, seed }).entries()) {
        sum[i] += value;
        squares[i] += (value - vector[i]) ** 2;
      }
    }
    for (const [i, value] of vector.entries()) {
      const variance = Math.abs(value) * (1 - Math.abs(value));
      assert.ok(Math.abs(sum[i] / trials - value) <= 5 * Math.sqrt(variance / trials) + 1e-6);
      assert.ok(Math.abs(squares[i] / trials - variance) <= 0.02);
    }
  });

  it('cuts the rare long numbers, and errs less by that', () => {
    const vector = normal(10_000);
    const root = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0) / vector.length);
    const errorOf = (clipping?: number): number => {
      const back = through(vector, { clipping, seed: 1 });
      return back.reduce((sum, value, i) => sum + (value - vector[i]) ** 2, 0) / vector.length / root ** 2;
    };
    assert.ok(Math.abs(Math.max(...through(vector, { seed: 1 })) / (2.5 * root) - 1) < 1e-6);
    // Of a normal number: 2.5 E|x| - 1 = 0.99, a little less for what is cut.
    assert.ok(Math.abs(errorOf() - 0.99) < 0.08, `${errorOf()}`);
    assert.ok(errorOf(0) > 1.5 * errorOf());
    // Equal numbers are not lost.
    assert.deepEqual(through(new Float32Array(7).fill(-3), { seed: 1 }), new Float32Array(7).fill(-3));
  });

  it('gives the same bits for the same seed, and survives zeros, the least and the greatest numbers', () => {
    const vector = normal(50);
    assert.deepEqual(through(vector, { seed: 5 }), through(vector, { seed: 5 }));
    assert.notDeepEqual(through(vector, { seed: 5 }), through(vector, { seed: 6 }));
    assert.notDeepEqual(through(vector, {}), through(vector, {}));
    for (const value of [0, 2 ** -149, 1e-40, 3e38]) {
      const back = through(new Float32Array(11).fill(value), { seed: 1 });
      assert.deepEqual(back, new Float32Array(11).fill(value));
    }
    refused('not-finite', () => through(Float32Array.of(1, Number.NaN), {}));
  });

  it('refuses what cannot be, before it allocates', () => {
    const tensors: TensorSizes = [[12, 1]];
    const { payload } = codec.encode(normal(12), tensors, {});
    for (const clipping of [-1, Number.NaN, 1e9]) {
      refused('codec-parameters', () => codec.encode(normal(12), tensors, { clipping }));
    }
    refused('codec-parameters', () => codec.encode(normal(13), tensors, {}));
    refused('payload-size', () => codec.decode(payload.subarray(1), step, tensors));
    refused('payload-size', () => codec.decode(payload, step, [[2 ** 24, 1]]));
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -1]) {
      const bent = Buffer.from(payload);
      bent.writeFloatLE(value, 0);
      refused('not-finite', () => codec.decode(bent, step, tensors));
    }
    const bent = Buffer.from(payload);
    bent[5] = 243;
    refused('codec-parameters', () => codec.decode(bent, step, tensors), /five trits/);
  });
});
