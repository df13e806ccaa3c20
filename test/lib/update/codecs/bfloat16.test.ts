import assert from 'node:assert/strict';
import { createKernels } from '../../../../lib/core';
import { generator } from '../../../../lib/random/generator';
import { bfloat16With } from '../../../../lib/update/codecs/bfloat16';
import type { TensorSizes } from '../../../../lib/update/message';
import { refused } from '../refused';

const codec = bfloat16With(createKernels());
const step = { name: 'bfloat16' };
const shape = (length: number): TensorSizes => [[length, 1]];
const through = (...values: number[]): number[] => {
  const { payload } = codec.encode(Float32Array.from(values), shape(values.length), {});
  assert.equal(payload.length, 2 * values.length);
  return [...codec.decode(payload, step, shape(values.length))];
};

describe('bfloat16', () => {
  it('keeps what has eight significant bits, and is the upper half of the float32', () => {
    const exact = [0, -0, 1, -2, 255, 0.5, 1.9921875, 2 ** -133, -(2 ** 127), 3.3895313892515355e38];
    assert.deepEqual(through(...exact), exact);
    const { payload } = codec.encode(Float32Array.of(1, -2), shape(2), {});
    assert.deepEqual([...payload], [0x80, 0x3f, 0x00, 0xc0]);
  });

  it('rounds to nearest, ties to even', () => {
    const [down, up, tie, odd] = through(1 + 0.9 * 2 ** -8, 1 + 1.1 * 2 ** -8, 1 + 2 ** -8, 1 + 3 * 2 ** -8);
    assert.deepEqual([down, up, tie, odd], [1, 1 + 2 ** -7, 1, 1 + 2 ** -6]);
    const random = generator(7, 'bfloat16');
    const values = Array.from({ length: 5000 }, () => Math.fround(random.normal() * 10 ** (random.below(60) - 30)));
    for (const [i, value] of through(...values).entries()) {
      assert.ok(Math.abs(value - values[i]) <= Math.abs(values[i]) / 256 + 2 ** -134);
    }
  });

  it('refuses what rounds to infinity, and payloads that hold none or that cannot be', () => {
    refused('codec-parameters', () => through(3.4e38), /too large/);
    refused('not-finite', () => through(Number.NaN));
    refused('payload-size', () => codec.decode(Buffer.alloc(3), step, shape(2)));
    refused('payload-size', () => codec.decode(Buffer.alloc(4), step, shape(2 ** 24)));
    for (const half of [0x7f80, 0xff80, 0x7fc0, 0xffff]) {
      const payload = Buffer.alloc(4);
      payload.writeUInt16LE(half, 2);
      refused('not-finite', () => codec.decode(payload, step, shape(2)));
    }
  });
});
