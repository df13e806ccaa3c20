import assert from 'node:assert/strict';
import { dequantise, modularClip, quantise, weightCode, window } from '../../../../lib/privacy/secure/quantise';
import { ring } from '../../../../lib/privacy/secure/settings';
import { generator } from '../../../../lib/random/generator';
import { refused } from '../../update/refused';
import { vector } from '../../vectors';

const codesOf = (numbers: Float32Array, clip: number, range: number, weight?: number): Uint32Array => {
  const codes = new Uint32Array(numbers.length);
  quantise(numbers, { clip, range }, codes, weight);
  return codes;
};

describe('codes of a secure sum', () => {
  it("are Flower's, with the range itself as highest one", () => {
    const { input, expected } = vector<{ v: number[]; clip: number; range: number }, { q: number[]; back: number[] }>(
      'flower-secagg-quantize',
    );
    const { clip, range } = input;
    const codes = codesOf(Float32Array.from(input.v), clip, range);
    assert.deepEqual([...codes], expected.q);
    assert.deepEqual([...dequantise(codes, { clip, range }, 1)], expected.back);
  });

  it('lie in the range for every number, also the hostile ones, and count those that were clipped', () => {
    const numbers = Float32Array.of(0, -0, 1e-45, 0.1, -0.1, 0.3, -0.3, 0.30000001, 3e38, -3e38);
    for (const range of [2, 255, 2 ** 24]) {
      for (const clip of [0.1, Math.fround(0.3), 1e9, 1e-30]) {
        const codes = new Uint32Array(numbers.length);
        const { clipped } = quantise(numbers, { clip, range }, codes);
        assert.ok(codes.every((code) => code <= range));
        assert.equal(clipped, numbers.filter((value) => Math.abs(value) > clip).length);
      }
    }
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      refused('not-finite', () => codesOf(Float32Array.of(0, bad), 1, 100));
    }
  });

  it('are right on average: over all outcomes of the chance the mean is the number', () => {
    const numbers = Float32Array.of(-0.7, -0.01, 0, 0.2, 0.33, 0.999);
    const [steps, range, clip] = [1000, 10, 1];
    const total = new Float64Array(numbers.length);
    const codes = new Uint32Array(numbers.length);
    for (let i = 0; i < steps; i++) {
      quantise(numbers, { clip, range }, codes, range, (block) => block.fill(((i + 0.5) / steps) * ring));
      for (const [j, code] of codes.entries()) total[j] += code / steps;
    }
    for (const [i, value] of numbers.entries()) {
      assert.ok(Math.abs((total[i] - range / 2) * ((2 * clip) / range) - value) <= 0.2 / steps + 1e-12);
    }
  });

  it('draw their chance anew for each number, from the operating system', () => {
    const halves = codesOf(new Float32Array(10_000), 1, 1);
    const ones = halves.reduce((sum, code) => sum + code, 0);
    // 5000 ± 50 by chance; six of these away is one in 10^9.
    assert.ok(Math.abs(ones - 5000) < 300, `${ones}`);
  });

  it('weigh an update by its samples, up to the most that count, and never with nothing', () => {
    const settings = { threshold: 0.5, neighbours: 2, clip: 1, range: 1000, maxSamples: 100 };
    assert.deepEqual(
      [1, 50, 99, 100, 1e9].map((samples) => weightCode(samples, settings)),
      [10, 500, 990, 1000, 1000],
    );
    assert.equal(weightCode(1, { ...settings, maxSamples: 1e9 }), 1);
    const { maxSamples: _, ...uniform } = settings;
    assert.equal(weightCode(7, uniform), 1000);
    assert.deepEqual([...codesOf(Float32Array.of(-1, 0, 1, 5), 1, 1000, 500)], [250, 500, 750, 750]);
  });

  it('of many clients add up to the sum of their numbers, whatever it is modulo', () => {
    const random = generator(3, 'sum of codes');
    const [clients, range, clip, size] = [50, 2 ** 24, 0.5, 200];
    const sum = new Uint32Array(size);
    const exact = new Float64Array(size);
    for (let c = 0; c < clients; c++) {
      const numbers = Float32Array.from({ length: size }, () => random.uniform() - 0.5);
      for (const [i, code] of codesOf(numbers, clip, range).entries()) {
        sum[i] += code;
        exact[i] += numbers[i];
      }
    }
    const read = dequantise(sum, { clip, range }, clients);
    for (let i = 0; i < size; i++) assert.ok(Math.abs(read[i] - exact[i]) <= (clients * 2 * clip) / range);
    // Below 0 or above the highest sum, as noise may bring it, it is still told right.
    const [lo, hi] = window(clients, range);
    assert.equal(hi - lo, ring);
    assert.ok(lo < 0 && hi > clients * range);
    const beyond = Uint32Array.of(-5 >>> 0, clients * range + 5);
    const step = (2 * clip) / range;
    const [below, above] = dequantise(beyond, { clip, range }, clients);
    assert.ok(Math.abs(below + clients * clip + 5 * step) < 1e-9);
    assert.ok(Math.abs(above - clients * clip - 5 * step) < 1e-9);
  });
});

describe('modular clip', () => {
  it("is TensorFlow Federated's", () => {
    const { input, expected } = vector<{ cases: [lo: number, hi: number, x: number][] }, number[]>('tff-modclip');
    assert.deepEqual(
      input.cases.map(([lo, hi, x]) => modularClip(x, lo, hi)),
      expected,
    );
    assert.equal(modularClip(2 ** 30 + 5, -(2 ** 30), 2 ** 30 - 1), -(2 ** 30) + 6);
    assert.throws(() => modularClip(1, 3, 3), RangeError);
  });
});
