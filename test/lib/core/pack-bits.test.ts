import assert from 'node:assert/strict';
import { createKernels } from '../../../lib/core';
import { generator } from '../../../lib/random/generator';

const kernels = createKernels();
const random = generator(21, 'pack');

/** Code i as the definition says: the bits from i * bits on, least significant first. */
function codeAt(bytes: Uint8Array, bits: number, i: number): number {
  let code = 0;
  for (let k = 0; k < bits; k++) {
    const at = i * bits + k;
    code |= ((bytes[at >> 3] >> (at & 7)) & 1) << k;
  }
  return code;
}

describe('packBits and unpackBits', () => {
  for (let bits = 1; bits <= 16; bits++) {
    it(`${bits} bits: nearest code of each number, and back`, () => {
      const channels = 3;
      const values = Float32Array.from({ length: 3 * 41 }, () => random.normal());
      const range = kernels.ranges(values, channels);
      const top = 2 ** bits - 1;
      const scales = Float32Array.from({ length: channels }, (_, c) => (range[2 * c + 1] - range[2 * c]) / top);
      const zeros = Float32Array.from({ length: channels }, (_, c) => range[2 * c]);
      const bytes = kernels.packBits(values, bits, scales, zeros);
      assert.equal(bytes.length, Math.ceil((values.length * bits) / 8));
      const back = kernels.unpackBits(bytes, values.length, bits, scales, zeros);
      values.forEach((value, i) => {
        const c = i % channels;
        const real = (value - zeros[c]) / scales[c];
        const code = codeAt(bytes, bits, i);
        assert.ok(Math.abs(code - real) <= 0.5 + 0.01, `${code} for ${real}`);
        assert.ok(Math.abs(back[i] - (zeros[c] + code * scales[c])) <= 1e-6);
      });
    });
  }

  it('ranges are the least and greatest of each channel', () => {
    assert.deepEqual(kernels.ranges(Float32Array.of(1, -5, 3, 7, -2, 0), 2), Float32Array.of(-2, 3, -5, 7));
    assert.throws(() => kernels.ranges(new Float32Array(5), 2), RangeError);
    assert.throws(() => kernels.ranges(new Float32Array(0), 1), RangeError);
  });

  it('ties go to the even code; what lies outside goes to the ends; a scale of 0 gives 0', () => {
    const one = Float32Array.of(1);
    const zero = Float32Array.of(0);
    const bytes = kernels.packBits(Float32Array.of(0.5, 1.5, 2.5, -9, 900, 254.5), 8, one, zero);
    assert.deepEqual([...bytes], [0, 2, 2, 0, 255, 254]);
    assert.deepEqual([...kernels.packBits(Float32Array.of(5, -5), 8, zero, zero)], [0, 0]);
  });

  it('stochastic rounding keeps the expected value, and the same seed gives the same bytes', () => {
    const values = new Float32Array(100_000).fill(2.3);
    const one = Float32Array.of(1);
    const zero = Float32Array.of(0);
    const bytes = kernels.packBits(values, 4, one, zero, 99);
    const back = kernels.unpackBits(bytes, values.length, 4, one, zero);
    const mean = back.reduce((sum, x) => sum + x, 0) / back.length;
    // Standard deviation of the mean: sqrt(0.3 * 0.7 / 100,000) = 0.00145.
    assert.ok(Math.abs(mean - 2.3) < 0.006, `${mean}`);
    assert.ok(back.every((x) => x === 2 || x === 3));
    assert.deepEqual(kernels.packBits(values, 4, one, zero, 99), bytes);
    assert.notDeepEqual(kernels.packBits(values, 4, one, zero, 100), bytes);
  });

  it('refuses bytes of another length, and bits that are none', () => {
    const one = Float32Array.of(1);
    assert.throws(() => kernels.unpackBits(new Uint8Array(3), 4, 8, one, one), RangeError);
    for (const bits of [0, 17, 1.5, Number.NaN]) assert.throws(() => kernels.packBits(one, bits, one, one), RangeError);
    assert.throws(() => kernels.packBits(one, 8, one, new Float32Array(0)), RangeError);
  });
});
