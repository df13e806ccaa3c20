import assert from 'node:assert/strict';
import { createKernels } from '../../../../lib/core';
import { generator } from '../../../../lib/random/generator';
import type { Coder } from '../../../../lib/update/codecs/codec';
import { coveringGrid, type QuantizeOptions, quantizeWith } from '../../../../lib/update/codecs/quantize';
import type { TensorSizes } from '../../../../lib/update/message';
import { vector as numbers } from '../../vectors';
import { refused } from '../refused';

const kernels = createKernels();
const codec = quantizeWith(kernels);
const tensors: TensorSizes = [
  [35, 5],
  [5, 5],
  [24, 3],
  [1, 1],
];
const length = 65;

const random = generator(1, 'quantize test');
const vectorOf = (scale: number): Float32Array => Float32Array.from({ length }, () => random.normal() * scale);
const roundTrip = (vector: Float32Array, options: QuantizeOptions): Float32Array => {
  const { payload, step } = codec.encode(vector, tensors, options);
  return codec.decode(payload, step, tensors);
};

/** The widths of the grids by their definition, computed from the numbers alone: one for each number. */
function widths(vector: Float32Array, { bits, per, grid }: QuantizeOptions): number[] {
  const result: number[] = [];
  let start = 0;
  for (const [size, channels] of tensors) {
    const part = [...vector.subarray(start, start + size)];
    for (let i = 0; i < size; i++) {
      const group = per === 'channel' && size > channels ? part.filter((_, j) => j % channels === i % channels) : part;
      const width =
        grid === 'symmetric'
          ? Math.max(...group.map(Math.abs)) / (2 ** (bits - 1) - 1)
          : (Math.max(...group) - Math.min(...group)) / (2 ** bits - 1);
      result.push(width);
    }
    start += size;
  }
  return result;
}

/** One unit in the last place of float32, generously. */
const ulp = (value: number): number => Math.abs(value) * 2 ** -23 + 2 ** -148;

describe('quantize', () => {
  for (const grid of ['symmetric', 'affine'] as const) {
    for (const per of ['tensor', 'channel'] as const) {
      it(`errs by at most half a step: ${grid}, per ${per}, every bit width`, () => {
        for (let bits = grid === 'symmetric' ? 2 : 1; bits <= 16; bits++) {
          for (const scale of [1e-30, 1e-3, 1, 1e20]) {
            const vector = vectorOf(scale);
            const options: QuantizeOptions = { bits, grid, per };
            const back = roundTrip(vector, options);
            for (const [i, width] of widths(vector, options).entries()) {
              const slack = ulp(vector[i]) + 2 ** bits * ulp(width);
              assert.ok(
                Math.abs(back[i] - vector[i]) <= width / 2 + slack,
                `${bits} bits: ${vector[i]} became ${back[i]}`,
              );
            }
          }
        }
      });

      it(`errs by at most a step when stochastic: ${grid}, per ${per}`, () => {
        for (let bits = grid === 'symmetric' ? 2 : 1; bits <= 16; bits++) {
          const vector = vectorOf(1);
          const options: QuantizeOptions = { bits, grid, per, rounding: 'stochastic', seed: bits };
          const back = roundTrip(vector, options);
          for (const [i, width] of widths(vector, options).entries()) {
            assert.ok(Math.abs(back[i] - vector[i]) <= width + ulp(vector[i]) + 2 ** bits * ulp(width));
          }
        }
      });
    }
  }

  it('is right on average when stochastic, over 20,000 trials', () => {
    const trials = 20_000;
    const vector = Float32Array.of(-1, -0.7, -0.31, 0, 0.011, 0.26, 0.999, 0.5);
    const shape: TensorSizes = [[vector.length, 1]];
    for (const [bits, grid] of [
      [1, 'affine'],
      [2, 'symmetric'],
      [3, 'affine'],
      [8, 'symmetric'],
    ] as const) {
      const sum = new Float64Array(vector.length);
      for (let seed = 0; seed < trials; seed++) {
        const { payload, step } = codec.encode(vector, shape, { bits, grid, rounding: 'stochastic', seed });
        for (const [i, value] of codec.decode(payload, step, shape).entries()) sum[i] += value;
      }
      const width = grid === 'symmetric' ? 1 / (2 ** (bits - 1) - 1) : 1.999 / (2 ** bits - 1);
      // A value between two codes has standard deviation of at most half a step; five of them for the mean.
      const bound = (5 * width) / 2 / Math.sqrt(trials) + 1e-6;
      for (const [i, value] of vector.entries()) {
        assert.ok(Math.abs(sum[i] / trials - value) <= bound, `${bits} bits: ${value} became ${sum[i] / trials}`);
      }
    }
  });

  it('agrees with fedjax: one bit of [0, 1, 2] is right on average', () => {
    const { input, expected } = numbers<{ v: number[] }, number[]>('fedjax-binary-unbiased');
    // More than fedjax takes, so that no seed has to be chosen.
    const trials = 20_000;
    const sum = input.v.map(() => 0);
    for (let seed = 0; seed < trials; seed++) {
      const shape: TensorSizes = [[3, 1]];
      const { payload, step } = codec.encode(Float32Array.from(input.v), shape, {
        bits: 1,
        rounding: 'stochastic',
        seed,
      });
      for (const [i, value] of codec.decode(payload, step, shape).entries()) sum[i] += value;
    }
    assert.equal(sum[0], expected[0] * trials);
    assert.equal(sum[2], expected[2] * trials);
    // Between 0 and 2 with equal odds: standard deviation 1.
    assert.ok(Math.abs(sum[1] / trials - expected[1]) < 5 / Math.sqrt(trials));
  });

  it('agrees with fedjax: identity on the levels, a constant tensor, binary extremes', () => {
    // Levels need not be a power of two there.
    for (const id of ['fedjax-uniform-id', 'fedjax-uniform-const', 'fedjax-binary-id']) {
      const { input, expected } = numbers<{ v: number[]; levels?: number }, number[]>(id);
      const { v, levels = 2 } = input;
      const vector = Float32Array.from(v);
      const bits = Math.ceil(Math.log2(levels));
      const grid = coveringGrid(kernels.ranges(vector, 1), bits, false, levels);
      for (const seed of [undefined, 1, 2]) {
        const packed = kernels.packBits(vector, bits, grid.scales, grid.zeros, seed);
        const back = kernels.unpackBits(packed, vector.length, bits, grid.scales, grid.zeros);
        assert.deepEqual([...back], expected);
      }
    }
  });

  it('keeps zeros and constants exactly, with any width', () => {
    for (let bits = 1; bits <= 16; bits++) {
      for (const rounding of ['nearest', 'stochastic'] as const) {
        assert.deepEqual(roundTrip(new Float32Array(length), { bits, rounding }), new Float32Array(length));
        const constant = new Float32Array(length).fill(0.1);
        assert.deepEqual(roundTrip(constant, { bits, rounding, grid: 'affine' }), constant);
        if (bits === 1) continue;
        const sparse = vectorOf(1).map((value, i) => (i % 3 === 0 ? value : 0));
        const back = roundTrip(sparse, { bits, rounding });
        for (const [i, value] of sparse.entries()) if (value === 0) assert.equal(back[i], 0);
      }
    }
  });

  it('gives exact multiples of a symmetric step, which is hardly larger than it must be', () => {
    for (let bits = 2; bits <= 16; bits++) {
      const vector = vectorOf(1);
      const { payload, step } = codec.encode(vector, [[length, 1]], { bits });
      const width = payload.readFloatLE(0);
      const least = Math.max(...vector.map(Math.abs)) / (2 ** (bits - 1) - 1);
      assert.ok(width >= least && width <= least * (1 + 2 ** (bits - 23)));
      for (const value of codec.decode(payload, step, [[length, 1]])) assert.ok(Number.isInteger(value / width));
    }
  });

  it('packs codes one after the other, least significant bit first', () => {
    for (let bits = 2; bits <= 16; bits++) {
      const top = 2 ** bits - 2;
      const codes = Array.from({ length }, () => random.below(top + 1));
      codes[0] = top;
      const vector = Float32Array.from(codes, (code) => code - top / 2);
      const { payload } = codec.encode(vector, [[length, 1]], { bits });
      assert.equal(payload.readFloatLE(0), 1);
      let all = 0n;
      for (const [i, code] of codes.entries()) all |= BigInt(code) << BigInt(i * bits);
      const expected = Buffer.alloc(Math.ceil((length * bits) / 8));
      for (let i = 0; i < expected.length; i++) expected[i] = Number((all >> BigInt(8 * i)) & 0xffn);
      assert.deepEqual(payload.subarray(4), expected);
    }
  });

  it('gives the same bits for the same seed, others for another, and fresh ones without', () => {
    const vector = vectorOf(1);
    const coded = (seed?: number) => codec.encode(vector, tensors, { bits: 4, rounding: 'stochastic', seed }).payload;
    assert.deepEqual(coded(5), coded(5));
    assert.notDeepEqual(coded(5), coded(6));
    assert.notDeepEqual(coded(), coded());
    // Two tensors with the same numbers are not rounded alike.
    const twice = codec.encode(
      new Float32Array(200).fill(0.3).fill(1, 99, 101),
      [
        [100, 1],
        [100, 1],
      ],
      {
        bits: 2,
        rounding: 'stochastic',
        seed: 1,
      },
    ).payload;
    assert.notDeepEqual(twice.subarray(8, 32), twice.subarray(33, 57));
  });

  it('makes 8 bits of 32', () => {
    const { payload } = codec.encode(new Float32Array(10_000), [[10_000, 10]], { bits: 8 });
    assert.equal(payload.length, 10_004);
  });

  it('refuses what cannot be coded', () => {
    const vector = vectorOf(1);
    const untyped: Coder = codec;
    for (const options of [
      { bits: 0 },
      { bits: 17 },
      { bits: 2.5 },
      { bits: 1, grid: 'symmetric' },
      { bits: 8, per: 'x' },
    ]) {
      refused('codec-parameters', () => untyped.encode(vector, tensors, options));
    }
    refused('codec-parameters', () => codec.encode(vector.subarray(1), tensors, { bits: 8 }));
    refused('codec-parameters', () => codec.encode(vector.fill(3e38).fill(-3e38, 3), tensors, { bits: 1 }));
    refused('not-finite', () => codec.encode(vectorOf(1).fill(Number.NaN, 7, 8), tensors, { bits: 8 }));
  });

  it('refuses what cannot have been coded, before it allocates', () => {
    const { payload, step } = codec.encode(vectorOf(1), tensors, { bits: 8, grid: 'affine' });
    refused('payload-size', () => codec.decode(payload.subarray(1), step, tensors));
    refused('payload-size', () => codec.decode(payload, step, [[2 ** 24, 1]]));
    refused('codec-parameters', () => codec.decode(payload, { ...step, bits: 1e9 }, tensors));
    refused('codec-parameters', () => codec.decode(payload, { ...step, grid: 'polar' }, tensors));
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -1, 3e38]) {
      const bent = Buffer.from(payload);
      bent.writeFloatLE(value, 4);
      refused('not-finite', () => codec.decode(bent, step, tensors));
    }
  });
});
