import assert from 'node:assert/strict';
import { createKernels } from '../../../lib/core';
import { generator } from '../../../lib/random/generator';

const kernels = createKernels();
const random = generator(7, 'kernels');
const vectorOf = (length: number, scale = 1): Float32Array =>
  Float32Array.from({ length }, () => (random.uniform() * 2 - 1) * scale);

describe('vector kernels', () => {
  for (const length of [1, 7, 8, 9, 8191, 8192, 8193, 20_001]) {
    it(`norm and dot agree with a float64 loop, ${length} numbers`, () => {
      const a = vectorOf(length);
      const b = vectorOf(length);
      let squares = 0;
      let product = 0;
      for (let i = 0; i < length; i++) {
        squares += a[i] * a[i];
        product += a[i] * b[i];
      }
      assert.ok(Math.abs(kernels.norm(a) - Math.sqrt(squares)) <= 1e-13 * Math.sqrt(squares));
      assert.ok(Math.abs(kernels.dot(a, b) - product) <= 1e-12 * squares);
    });
  }

  it('norm does not overflow where float32 would', () => {
    assert.equal(kernels.norm(Float32Array.of(3e38, 0)), Math.fround(3e38));
    assert.ok(Number.isNaN(kernels.norm(Float32Array.of(1, Number.NaN))));
  });

  it('allFinite finds one bad number at any place', () => {
    for (const length of [1, 5, 8, 8192, 8200]) {
      const vector = vectorOf(length);
      assert.equal(kernels.allFinite(vector), true);
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        for (const at of [0, length >> 1, length - 1]) {
          const copy = vector.slice();
          copy[at] = bad;
          assert.equal(kernels.allFinite(copy), false, `${bad} at ${at} of ${length}`);
        }
      }
    }
    assert.equal(kernels.allFinite(Float32Array.of(3.4e38, -3.4e38, 1e-45)), true);
  });

  it('clips to the bound, never above it, and leaves what is within', () => {
    const three = Float32Array.of(3, 4);
    assert.equal(kernels.clip(three, 1), 5);
    assert.ok(Math.abs(three[0] - 0.6) < 1e-6 && Math.abs(three[1] - 0.8) < 1e-6);
    for (let i = 0; i < 50; i++) {
      const vector = vectorOf(101, 10);
      kernels.clip(vector, 0.1);
      const norm = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
      assert.ok(norm <= 0.1 * (1 + 1e-15) && norm > 0.1 * (1 - 1e-6), `${norm}`);
    }
    const zero = new Float32Array(4);
    assert.equal(kernels.clip(zero, 1), 0);
    assert.deepEqual(zero, new Float32Array(4));
    assert.throws(() => kernels.clip(Float32Array.of(Number.NaN), 1), RangeError);
    assert.throws(() => kernels.clip(three, 0), RangeError);
  });

  it('clip then sum, and clip then weighted mean (vectors tff-clip-sum and tff-clip-mean)', () => {
    const clipped = [1, 3, 5].map((value) => {
      const vector = Float32Array.of(value);
      kernels.clip(vector, 2);
      return vector;
    });
    const fold = kernels.fold(1);
    for (const vector of clipped) fold.add(vector, 1);
    assert.ok(Math.abs(fold.mean(1)[0] - 5) < 1e-6);
    fold.reset();
    [1, 2, 1].forEach((weight, i) => {
      fold.add(clipped[i], weight);
    });
    assert.ok(Math.abs(fold.mean(4)[0] - 1.75) < 1e-6);
  });
});

describe('squared distances', () => {
  for (const [count, length] of [
    [1, 3],
    [2, 1],
    [5, 7],
    [33, 129],
    [67, 260],
    [3, 4225],
  ]) {
    it(`of ${count} vectors of ${length} agree with float64 differences`, () => {
      const vectors = Array.from({ length: count }, () => vectorOf(length));
      const distances = kernels.squaredDistances(vectors);
      assert.equal(distances.length, count * count);
      for (let i = 0; i < count; i++) {
        for (let j = 0; j < count; j++) {
          const truth = vectors[i].reduce((sum, x, k) => sum + (x - vectors[j][k]) ** 2, 0);
          assert.ok(Math.abs(distances[i * count + j] - truth) <= 1e-12 * (1 + truth), `${i} ${j}`);
        }
      }
    });
  }

  it('keep the digits of near vectors far from the origin', () => {
    // By the Gram matrix in float32 this comes out thousands off.
    const a = new Float32Array(1000).fill(10_000);
    const b = a.slice();
    b[17] += 0.0078125;
    assert.equal(kernels.squaredDistances([a, b])[1], 0.0078125 ** 2);
  });

  it('of none is empty, and lengths must agree', () => {
    assert.equal(kernels.squaredDistances([]).length, 0);
    assert.throws(() => kernels.squaredDistances([vectorOf(2), vectorOf(3)]), RangeError);
  });
});

/** CRC-32 bit by bit, as the standard writes it. */
function slowCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

describe('crc32', () => {
  it('gives the check value of the catalogue', () => {
    assert.equal(kernels.crc32(Buffer.from('123456789')), 0xcbf43926);
    assert.equal(kernels.crc32(new Uint8Array(0)), 0);
  });

  it('agrees with the bitwise definition and goes on from a former one', () => {
    for (const length of [1, 7, 8, 9, 1000, 70_000]) {
      const bytes = Uint8Array.from({ length }, () => random.below(256));
      const whole = slowCrc(bytes);
      assert.equal(kernels.crc32(bytes), whole);
      const cut = length >> 1;
      assert.equal(kernels.crc32(bytes.subarray(cut), kernels.crc32(bytes.subarray(0, cut))), whole);
    }
  });
});
