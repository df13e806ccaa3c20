import assert from 'node:assert/strict';
import { createKernels } from '../../../../lib/core';
import { generator } from '../../../../lib/random/generator';
import { signWith } from '../../../../lib/update/codecs/sign';
import type { TensorSizes } from '../../../../lib/update/message';
import { refused } from '../refused';

const codec = signWith(createKernels());
const step = { name: 'sign' };
const random = generator(4, 'sign test');

describe('sign', () => {
  it('is of each number its sign, for each tensor the mean magnitude', () => {
    const tensors: TensorSizes = [
      [9, 3],
      [2, 2],
      [1, 1],
    ];
    const vector = Float32Array.of(1, -2, 3, -4, 5, -6, 7, -8, 9, 0.5, -1.5, 0);
    const { payload } = codec.encode(vector, tensors, {});
    assert.equal(payload.length, 3 * 4 + 2 + 1 + 1);
    assert.deepEqual([payload.readFloatLE(0), payload.readFloatLE(4), payload.readFloatLE(8)], [5, 1, 0]);
    assert.deepEqual([...payload.subarray(12)], [0b01010101, 1, 1, 0]);
    const expected = [5, -5, 5, -5, 5, -5, 5, -5, 5, 1, -1, -0];
    assert.deepEqual([...codec.decode(payload, step, tensors)], expected);
  });

  it('errs by 1 - |v|_1^2 / (n |v|_2^2) of the squared norm, the least that one magnitude allows', () => {
    const vector = Float32Array.from({ length: 1000 }, () => random.normal());
    const shape: TensorSizes = [[1000, 1]];
    const back = codec.decode(codec.encode(vector, shape, {}).payload, step, shape);
    const sum = (of: (value: number, i: number) => number): number =>
      vector.reduce((all, value, i) => all + of(value, i), 0);
    const squared = sum((value) => value * value);
    const expected = 1 - sum(Math.abs) ** 2 / 1000 / squared;
    assert.ok(Math.abs(sum((value, i) => (value - back[i]) ** 2) / squared - expected) < 1e-6);
    for (const longer of [0.9, 1.1]) assert.ok(sum((value, i) => (value - longer * back[i]) ** 2) / squared > expected);
  });

  it('survives the least and the greatest numbers', () => {
    const shape: TensorSizes = [[10, 1]];
    for (const value of [2 ** -149, 1e-40, 3.4e38, -3.4e38]) {
      const vector = new Float32Array(10).fill(value);
      assert.deepEqual(codec.decode(codec.encode(vector, shape, {}).payload, step, shape), vector);
    }
  });

  it('refuses what cannot be, before it allocates', () => {
    const shape: TensorSizes = [[10, 1]];
    const { payload } = codec.encode(new Float32Array(10).fill(1), shape, {});
    refused('not-finite', () => codec.encode(new Float32Array(10).fill(Number.NaN), shape, {}));
    refused('codec-parameters', () => codec.encode(new Float32Array(9), shape, {}));
    refused('payload-size', () => codec.decode(payload.subarray(1), step, shape));
    refused('payload-size', () => codec.decode(payload, step, [[2 ** 24, 1]]));
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -1]) {
      const bent = Buffer.from(payload);
      bent.writeFloatLE(value, 0);
      refused('not-finite', () => codec.decode(bent, step, shape));
    }
  });
});
