import assert from 'node:assert/strict';
import { createKernels } from '../../../../lib/core';
import { generator } from '../../../../lib/random/generator';
import { type QsgdOptions, qsgdWith } from '../../../../lib/update/codecs/qsgd';
import type { CodecStep, TensorSizes } from '../../../../lib/update/message';
import { refused } from '../refused';

const codec = qsgdWith(createKernels());
const random = generator(5, 'qsgd test');
const normal = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
const shape = (length: number): TensorSizes => [[length, 1]];
const through = (vector: Float32Array, options: QsgdOptions): Float32Array => {
  const { payload, step } = codec.encode(vector, shape(vector.length), options);
  return codec.decode(payload, step, shape(vector.length));
};
const normOf = (values: ArrayLike<number>): number => Math.hypot(...Array.from(values));

/** Elias (1975): the omega code of a number from 1, first bit first. */
function omega(number: number): string {
  let code = '0';
  for (let rest = number; rest > 1; ) {
    const group = rest.toString(2);
    code = group + code;
    rest = group.length - 1;
  }
  return code;
}

/** The stream that docs/messages.md describes, as text of bits. */
function streamOf(levels: readonly number[], bucket: number, coding: unknown): string {
  let bits = '';
  for (let from = 0; from < levels.length; from += bucket) {
    const some = levels.slice(from, from + bucket);
    if (coding === 'sparse') bits += omega(some.filter((level) => level !== 0).length + 1);
    let last = -1;
    for (const [place, level] of some.entries()) {
      const sign = level < 0 ? '1' : '0';
      if (coding === 'dense') bits += omega(Math.abs(level) + 1) + (level === 0 ? '' : sign);
      else if (level !== 0) {
        bits += omega(place - last) + sign + omega(Math.abs(level));
        last = place;
      }
    }
  }
  return bits;
}

const bitsOf = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(2).padStart(8, '0').split('').reverse().join('')).join('');

describe('qsgd', () => {
  it('knows the omega codes of the book', () => {
    // Elias (1975), "Universal codeword sets and representations of the integers".
    const known = { 1: '0', 2: '100', 3: '110', 4: '101000', 8: '1110000', 16: '10100100000', 100: '1011011001000' };
    for (const [number, code] of Object.entries(known)) assert.equal(omega(Number(number)), code);
  });

  it('is a stream as the documentation says, in the shorter of its two codings', () => {
    const seen = new Set<unknown>();
    for (const [levels, bucket, length] of [
      [1, 512, 1300],
      [4, 128, 1000],
      [16, 32, 500],
      [255, 7, 100],
      [255, 32_767, 40_000],
      [1, 32_767, 70_000],
      [3, 1, 20],
    ]) {
      const vector = normal(length);
      const { payload, step } = codec.encode(vector, shape(length), { levels, bucket, seed: 1 });
      const count = Math.ceil(length / bucket);
      const back = codec.decode(payload, step, shape(length));
      const steps = Array.from({ length: count }, (_, i) => payload.readFloatLE(4 * i));
      for (const [i, value] of steps.entries()) {
        const norm = normOf(vector.subarray(i * bucket, (i + 1) * bucket));
        assert.ok(Math.abs(value - norm / levels) <= 1e-6 * value);
      }
      const found = Array.from(back, (value, i) => Math.round(value / steps[Math.floor(i / bucket)]));
      for (const [i, level] of found.entries()) {
        assert.ok(Math.abs(level) <= levels);
        const width = steps[Math.floor(i / bucket)];
        assert.ok(Math.abs(back[i] - level * width) <= 1e-6 * levels * width);
        // Up or down to the next level, never past it.
        assert.ok(Math.abs(back[i] - vector[i]) <= width * 1.0001);
      }
      const lengths = ['dense', 'sparse'].map((coding) => streamOf(found, bucket, coding).length);
      const bits = streamOf(found, bucket, step.coding);
      assert.equal(bits.length, Math.min(...lengths));
      assert.equal(payload.length, 4 * count + Math.ceil(bits.length / 8));
      assert.equal(bitsOf(payload.subarray(4 * count)), bits.padEnd(8 * (payload.length - 4 * count), '0'));
      seen.add(step.coding);
    }
    assert.deepEqual([...seen].sort(), ['dense', 'sparse']);
  });

  it('is right on average, within the bound of the paper: min(n / s^2, sqrt(n) / s)', () => {
    for (const [levels, length] of [
      [1, 64],
      [4, 64],
      [8, 64],
    ]) {
      const vector = normal(length);
      const trials = 5000;
      const sum = new Float64Array(length);
      let error = 0;
      for (let seed = 0; seed < trials; seed++) {
        for (const [i, value] of through(vector, { levels, seed }).entries()) {
          sum[i] += value;
          error += (value - vector[i]) ** 2;
        }
      }
      const norm = normOf(vector);
      const bound = Math.min(length / levels ** 2, Math.sqrt(length) / levels);
      assert.ok(error / trials <= bound * norm ** 2, `${error / trials / norm ** 2} of ${bound}`);
      for (const [i, value] of vector.entries()) {
        // Between two levels the deviation is half a step at most.
        assert.ok(Math.abs(sum[i] / trials - value) <= (5 * norm) / levels / 2 / Math.sqrt(trials) + 1e-6);
      }
    }
  });

  it('with one level keeps few numbers, as the paper counts them: sqrt(n) + 1 of n at most', () => {
    const vector = normal(4096);
    const kept = through(vector, { levels: 1, bucket: 4096, seed: 1 }).filter((value) => value !== 0).length;
    assert.ok(kept > 0 && kept < 1.5 * (Math.sqrt(4096) + 1), `${kept}`);
    const { payload } = codec.encode(vector, shape(4096), { levels: 1, bucket: 4096, seed: 1 });
    assert.ok(payload.length < 4096 / 8 / 5);
  });

  it('gives the same bits for the same seed, and survives zeros, the least and the greatest numbers', () => {
    const vector = normal(700);
    assert.deepEqual(through(vector, { seed: 5 }), through(vector, { seed: 5 }));
    assert.notDeepEqual(through(vector, { seed: 5 }), through(vector, { seed: 6 }));
    assert.notDeepEqual(through(vector, {}), through(vector, {}));
    for (const length of [1, 2, 511, 513]) {
      assert.ok(through(new Float32Array(length), { seed: 1 }).every((value) => value === 0));
      for (const value of [2 ** -149, 1e-40, 1e36]) {
        assert.ok(through(new Float32Array(length).fill(value), { seed: 1 }).every(Number.isFinite));
      }
    }
    assert.deepEqual(through(Float32Array.of(-0.3), { levels: 4 }), Float32Array.of(-0.3));
    refused('codec-parameters', () => through(new Float32Array(100).fill(3e38), {}), /too large/);
    refused('not-finite', () => through(Float32Array.of(1, Number.NaN), {}));
  });

  it('refuses what cannot be, before it allocates', () => {
    const vector = normal(100);
    const { payload, step } = codec.encode(vector, shape(100), { levels: 4, bucket: 32, seed: 1 });
    const parameters: object[] = [
      { levels: 0 },
      { levels: 256 },
      { levels: 1.5 },
      { levels: '4' },
      { bucket: 0 },
      { bucket: 32_768 },
    ];
    for (const one of parameters) {
      refused('codec-parameters', () => codec.encode(vector, shape(100), one));
      refused('codec-parameters', () => codec.decode(payload, { ...step, ...one }, shape(100)));
    }
    refused('codec-parameters', () => codec.decode(payload, { ...step, coding: 'huffman' }, shape(100)));
    refused('codec-parameters', () => codec.encode(vector, shape(101), {}));
    refused('payload-size', () => codec.decode(payload.subarray(0, -1), step, shape(100)));
    refused('payload-size', () => codec.decode(Buffer.concat([payload, Buffer.alloc(1)]), step, shape(100)));
    refused('payload-size', () => codec.decode(payload, step, shape(2 ** 24)));
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -1, 3e38]) {
      const bent = Buffer.from(payload);
      bent.writeFloatLE(value, 4);
      refused('not-finite', () => codec.decode(bent, step, shape(100)));
    }
  });

  it('takes no stream of levels that are too large, too many, too far or too long, however its bits lie', () => {
    const decode = (bits: string, step: CodecStep, length: number): Float32Array => {
      const bytes = bits.padEnd(8 * Math.ceil(bits.length / 8), '0').match(/.{8}/g) ?? [];
      const stream = Buffer.from(bytes.map((byte) => Number.parseInt(byte.split('').reverse().join(''), 2)));
      return codec.decode(Buffer.concat([Buffer.from(Float32Array.of(1).buffer), stream]), step, shape(length));
    };
    const dense: CodecStep = { name: 'qsgd', levels: 2, bucket: 512, coding: 'dense' };
    const sparse: CodecStep = { ...dense, coding: 'sparse' };
    assert.deepEqual([...decode('0100011010', dense, 3)], [0, 1, -2]);
    assert.deepEqual([...decode(`${omega(2)}${omega(3)}1${omega(2)}`, sparse, 3)], [0, 0, -2]);
    const wrong: [string, CodecStep, string][] = [
      [`00${omega(4)}0`, dense, 'a level of 3'],
      [`00${omega(40_000)}0`, dense, 'a level beyond all'],
      [`00${'1'.repeat(30)}`, dense, 'a number without an end'],
      [`0100011010${'0'.repeat(7)}`, dense, 'a byte more'],
      ['01000110101', dense, 'spare bits that are not 0'],
      [omega(5), sparse, 'more than there are'],
      [`${omega(2)}${omega(4)}0${omega(1)}`, sparse, 'a place behind the end'],
      [`${omega(3)}${omega(3)}0${omega(1)}${omega(1)}0${omega(1)}`, sparse, 'a second one behind the end'],
      [`${omega(2)}${omega(1)}0${omega(3)}`, sparse, 'a level of 3'],
    ];
    for (const [bits, step, what] of wrong) {
      assert.throws(() => decode(bits, step, 3), { code: 'payload-size' }, what);
    }
    const noise = generator(6, 'qsgd noise');
    let taken = 0;
    for (let i = 0; i < 20_000; i++) {
      const payload = Buffer.alloc(4 + 1 + noise.below(12));
      for (let k = 4; k < payload.length; k++) payload[k] = noise.below(256);
      payload.writeFloatLE(1, 0);
      try {
        const back = codec.decode(payload, noise.below(2) ? dense : sparse, shape(16));
        assert.ok(back.every((value) => Number.isInteger(value) && Math.abs(value) <= 2));
        taken++;
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'payload-size');
      }
    }
    assert.ok(taken > 0);
  });
});
