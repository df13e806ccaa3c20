import assert from 'node:assert/strict';
import { createKernels } from '../../../../lib/core';
import { generator } from '../../../../lib/random/generator';
import type { Coder } from '../../../../lib/update/codecs/codec';
import { type DriveOptions, driveWith } from '../../../../lib/update/codecs/drive';
import { type EdenOptions, edenWith } from '../../../../lib/update/codecs/eden';
import type { CodecStep, TensorSizes } from '../../../../lib/update/message';
import { vector as numbers } from '../../vectors';
import { refused } from '../refused';
import { blocks, decodeByTheBook } from './by-the-book';

const kernels = createKernels();
const drive = driveWith(kernels);
const eden = edenWith(kernels);
const random = generator(2, 'rotated test');
const normal = (length: number, scale = 1): Float32Array =>
  Float32Array.from({ length }, () => random.normal() * scale);
const shape = (length: number): TensorSizes => [[length, 1]];

const squares = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value * value, 0);
const inner = (a: Float32Array, b: ArrayLike<number>): number => a.reduce((sum, value, i) => sum + value * b[i], 0);
/** Squared error of the squared norm. */
const errorOf = (vector: Float32Array, back: ArrayLike<number>): number =>
  squares(vector.map((value, i) => value - back[i])) / squares(vector);

const driven = (vector: Float32Array, options: DriveOptions): Float32Array => {
  const { payload, step } = drive.encode(vector, shape(vector.length), options);
  return drive.decode(payload, step, shape(vector.length));
};
const edened = (vector: Float32Array, options: EdenOptions): Float32Array => {
  const { payload, step } = eden.encode(vector, shape(vector.length), options);
  return eden.decode(payload, step, shape(vector.length));
};

/** Max (1960), "Quantizing for minimum distortion", table I: levels above 0 and mean squared errors for the normal distribution. */
const max1960 = [
  { levels: [0.798], error: 0.3634 },
  { levels: [0.4528, 1.51], error: 0.1175 },
  { levels: [0.2451, 0.756, 1.344, 2.152], error: 0.03454 },
  { levels: [0.1284, 0.3881, 0.6568, 0.9424, 1.256, 1.618, 2.069, 2.733], error: 0.009497 },
];

describe('drive', () => {
  it('agrees with fedjax, which does not rotate', () => {
    const { input, expected } = numbers<{ v: number[] }, number[]>('fedjax-drive');
    const back = driven(Float32Array.from(input.v), { rotation: 'none' });
    for (const [i, value] of expected.entries()) assert.ok(Math.abs(back[i] - value) < 1e-4, `${back[i]}`);
  });

  it('takes a bit for each number and a scale for each block', () => {
    // 2410 = 2048 + 256 + 64 + 42, which take a block of 64.
    assert.equal(drive.encode(normal(2410), shape(2410), {}).payload.length, 4 * 4 + (2048 + 256 + 64 + 64) / 8);
    assert.equal(drive.encode(normal(3 * 4096), shape(3 * 4096), {}).payload.length, 3 * (4 + 512));
    for (let length = 1; length <= 64; length++) {
      const { payload } = drive.encode(normal(length), shape(length), {});
      assert.equal(payload.length, 4 + Math.max(8, 2 ** Math.ceil(Math.log2(length))) / 8);
    }
  });

  it('errs by what the paper says: pi/2 - 1 unbiased, 1 - 2/pi with the least error', () => {
    // What no rotation needs; much weight on some numbers, which it must spread; and large beside small ones.
    const cubes = normal(4096).map((value) => value ** 3);
    const kinds = [normal(16384, 1e-3), cubes, normal(4096).map((value, i) => (i < 1024 ? 100 * value : value))];
    for (const vector of kinds) {
      for (const seed of [1, 2, 3]) {
        assert.ok(Math.abs(errorOf(vector, driven(vector, { seed })) - (Math.PI / 2 - 1)) < 0.08);
        assert.ok(Math.abs(errorOf(vector, driven(vector, { seed, scale: 'least-error' })) - (1 - 2 / Math.PI)) < 0.04);
      }
    }
  });

  it('with the least error stays below half the squared norm on average, whatever the vector (Khintchine)', () => {
    const two = new Float32Array(512).fill(1, 7, 9);
    const one = new Float32Array(512).fill(-3, 9, 10);
    for (const vector of [
      two,
      one,
      normal(512).map((value, i) => (i < 5 ? value : 0)),
      new Float32Array(512).fill(2),
    ]) {
      let sum = 0;
      for (let seed = 0; seed < 200; seed++) sum += errorOf(vector, driven(vector, { seed, scale: 'least-error' }));
      assert.ok(sum / 200 <= 0.5 + 0.02, `${sum / 200}`);
    }
  });

  it('unbiased: has the vector for its inner product with it, and is right on average over rotations', () => {
    // A Hadamard transform is not quite a rotation drawn evenly from all: with short blocks the mean errs by a hundredth.
    const length = 1024;
    const vector = normal(length);
    const trials = 2000;
    const sum = new Float64Array(length);
    for (let seed = 0; seed < trials; seed++) {
      const back = driven(vector, { seed });
      assert.ok(Math.abs(inner(vector, back) / squares(vector) - 1) < 1e-5);
      for (const [i, value] of back.entries()) sum[i] += value;
    }
    // Each number errs by sqrt(0.571) of the root mean square; six of that over the root of the trials.
    const bound = 6 * Math.sqrt((0.6 * squares(vector)) / length / trials);
    for (const [i, value] of vector.entries()) assert.ok(Math.abs(sum[i] / trials - value) < bound, `number ${i}`);
  });

  it('without a rotation is the signs, least error: the mean magnitude', () => {
    const vector = Float32Array.of(1, -2, 3, -6, 0.5, -0.5, 1, 2, -2);
    const back = driven(vector, { rotation: 'none', scale: 'least-error' });
    for (const [i, value] of vector.entries()) assert.ok(Math.abs(back[i] - 2 * Math.sign(value)) < 1e-6);
  });
});

describe('eden', () => {
  it('has the levels of Max (1960) and the errors that follow from his', () => {
    const vector = normal(4096);
    for (const [index, { error }] of max1960.entries()) {
      const found = errorOf(vector, edened(vector, { bits: index + 1, seed: 5 }));
      const expected = 1 / (1 - error) - 1;
      assert.ok(Math.abs(found / expected - 1) < 0.12, `${index + 1} bits: ${found}, not ${expected}`);
      const least = errorOf(vector, edened(vector, { bits: index + 1, seed: 5, scale: 'least-error' }));
      assert.ok(Math.abs(least / error - 1) < 0.12 && least < found, `${index + 1} bits: ${least}, not ${error}`);
    }
  });

  it('with one bit is drive', () => {
    const vector = normal(777);
    const [a, b] = [driven(vector, { seed: 9 }), edened(vector, { bits: 1, seed: 9 })];
    for (const [i, value] of a.entries()) assert.ok(Math.abs(b[i] - value) <= 1e-5 * (Math.abs(value) + 1));
  });

  it('takes its bits for each number', () => {
    for (const bits of [1, 2, 3, 4]) {
      assert.equal(
        eden.encode(normal(10_000), shape(10_000), { bits }).payload.length,
        4 * blocks(10_000).length + (bits * 10_000) / 8,
      );
    }
  });
});

describe('rotated codecs', () => {
  const both: [Coder, object, { bits: number; levels: readonly number[] }][] = [
    [drive, { seed: 0xfffffffe }, { bits: 1, levels: [-1, 1] }],
    ...max1960.map(({ levels }, index): [Coder, object, { bits: number; levels: readonly number[] }] => [
      eden,
      { bits: index + 1, seed: 0xfffffffe },
      { bits: index + 1, levels: [...levels.map((level) => -level).reverse(), ...levels] },
    ]),
  ];

  it('are decoded alike by who has read docs/messages.md', () => {
    for (const length of [1, 5, 63, 64, 300, 2410, 4097]) {
      const vector = normal(length);
      for (const [coder, options, book] of both) {
        const { payload, step } = coder.encode(vector, shape(length), options);
        const back = coder.decode(payload, step, shape(length));
        const expected = decodeByTheBook(payload, length, { ...book, seed: 0xfffffffe });
        // His table has four digits.
        const error = Math.sqrt(squares(back.map((value, i) => value - expected[i])) / squares(expected));
        assert.ok(error < 1e-3, `${coder.name}, ${length}: ${error}`);
        assert.equal(back.length, length);
      }
    }
  });

  it('keep zeros, and survive the least and greatest numbers that there are', () => {
    for (const [coder, options] of both) {
      const through = (vector: Float32Array): Float32Array => {
        const { payload, step } = coder.encode(vector, shape(vector.length), options);
        return coder.decode(payload, step, shape(vector.length));
      };
      for (const length of [1, 64, 100]) {
        assert.ok(through(new Float32Array(length)).every((value) => value === 0));
        for (const size of [2 ** -149, 1e-40, 1e-30, 1e30, 1e36]) {
          const vector = normal(length, 1).map((value) => (value > 0 ? size : -size));
          const back = through(vector);
          assert.ok(back.every(Number.isFinite));
          // Denormal numbers have few digits themselves.
          if (size > 1e-37)
            assert.ok(
              Math.abs(
                inner(
                  vector.map((v) => v / size),
                  back.map((v) => v / size),
                ) /
                  length -
                  1,
              ) < 1e-4,
            );
        }
      }
      refused('codec-parameters', () => through(new Float32Array(4096).fill(3e38)), /too large/);
      refused('not-finite', () => through(Float32Array.of(1, Number.NaN)));
      refused('not-finite', () => through(Float32Array.of(1, Number.NEGATIVE_INFINITY)));
    }
  });

  it('give the same bits for the same seed, others for another, and fresh ones without', () => {
    const vector = normal(500);
    for (const [coder, options] of both) {
      const coded = (seed?: number) => coder.encode(vector, shape(500), { ...options, seed }).payload;
      assert.deepEqual(coded(5), coded(5));
      assert.notDeepEqual(coded(5), coded(6));
      assert.notDeepEqual(coded(), coded());
    }
  });

  it('refuse options that make no sense, and what cannot have been coded, before they allocate', () => {
    const vector = normal(100);
    const bad: [Coder, CodecStep][] = [
      [drive, { name: 'drive', rotation: 'kac', seed: 1 }],
      [drive, { name: 'drive', rotation: 'hadamard', seed: -1 }],
      [drive, { name: 'drive', rotation: 'hadamard', seed: 'one' }],
      ...[0, 5, 1.5, '2'].map((bits): [Coder, CodecStep] => [eden, { name: 'eden', bits, seed: 1 }]),
      [eden, { name: 'eden', bits: 2, seed: 2 ** 32 }],
    ];
    for (const [coder, step] of bad) {
      refused('codec-parameters', () => coder.encode(vector, shape(100), step));
      refused('codec-parameters', () => coder.decode(Buffer.alloc(24), step, shape(100)));
    }
    refused('codec-parameters', () => drive.encode(vector, shape(100), { scale: 'long' as 'unbiased' }));
    for (const [coder, options] of both) {
      refused('codec-parameters', () => coder.encode(vector, shape(101), options));
      const { payload, step } = coder.encode(vector, shape(100), options);
      refused('payload-size', () => coder.decode(payload.subarray(1), step, shape(100)));
      refused('payload-size', () => coder.decode(payload, step, shape(2 ** 24)));
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -1, 3.3e38]) {
        const bent = Buffer.from(payload);
        bent.writeFloatLE(value, 0);
        refused('not-finite', () => coder.decode(bent, step, shape(100)));
      }
    }
  });
});
