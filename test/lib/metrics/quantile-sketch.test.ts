import assert from 'node:assert/strict';
import {
  decodeSketch,
  emptySketch,
  encodeSketch,
  MOST_BUCKETS,
  mergeSketches,
  SKETCH_ERROR,
  sketchBytes,
  sketchCount,
  sketchedNumbers,
  sketchOf,
  sketchQuantile,
} from '../../../lib/metrics/quantile-sketch';
import { generator } from '../../../lib/random/generator';

const random = generator(3, 'sketch');
/** Errors as autoencoders have them: most small, some a thousand times larger. */
const skewed = (count: number): number[] => Array.from({ length: count }, () => Math.exp(2 * random.normal() - 3));

describe('the quantile sketch', () => {
  it('knows every quantile to its relative error, whatever the numbers are', () => {
    const kinds: Record<string, number[]> = {
      skewed: skewed(5000),
      uniform: Array.from({ length: 5000 }, () => random.uniform()),
      'over many magnitudes': Array.from({ length: 3000 }, () => 10 ** (4 * random.uniform() - 2)),
      few: [0.3, 7, 2],
      'powers of two and their neighbours': [1, 2, 4, 8, 0.5].flatMap((n) => [
        n,
        n * (1 - 2 ** -53),
        n * (1 + 2 ** -52),
      ]),
    };
    for (const [kind, numbers] of Object.entries(kinds)) {
      const sorted = [...numbers].sort((a, b) => a - b);
      const sketch = sketchOf(numbers);
      for (const q of [0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.99, 0.995, 0.999, 1]) {
        const exact = sorted[Math.floor(q * (sorted.length - 1))];
        const told = sketchQuantile(sketch, q) ?? Number.NaN;
        assert.ok(Math.abs(told - exact) <= SKETCH_ERROR * exact * (1 + 1e-12), `${kind}, ${q}: ${told} for ${exact}`);
      }
    }
    assert.ok(SKETCH_ERROR < 0.016);
  });

  it('merged is that of all numbers, to the bit, in any order', () => {
    const parts = [skewed(700), [0, 0, 5], skewed(41), []];
    const whole = sketchOf(parts.flat());
    const sketches = parts.map(sketchOf);
    assert.deepEqual(mergeSketches(sketches), whole);
    assert.deepEqual(mergeSketches([...sketches].reverse()), whole);
    const [a, b, c, d] = sketches;
    assert.deepEqual(mergeSketches([mergeSketches([d, c]), mergeSketches([b, a])]), whole);
    assert.equal(sketchCount(whole), 744);
  });

  it('zeros and tiny numbers are 0, huge ones the last bucket, nothing none', () => {
    const sketch = sketchOf([0, 1e-13, 1e300, 3]);
    assert.equal(sketchQuantile(sketch, 0), 0);
    assert.equal(sketchQuantile(sketch, 0.4), 0);
    assert.ok((sketchQuantile(sketch, 1) ?? 0) > 1e12);
    assert.equal(sketchQuantile(emptySketch, 0.5), undefined);
    assert.throws(() => sketchOf([-1]), RangeError);
    assert.throws(() => sketchOf([Number.NaN]), RangeError);
    assert.throws(() => sketchQuantile(sketch, 1.1), RangeError);
  });

  it('is bounded: the lowest buckets are joined, the upper quantiles keep their bound', () => {
    const numbers = Array.from({ length: 2000 }, (_, i) => 2 ** (-30 + (60 * i) / 2000));
    const sketch = sketchOf(numbers);
    assert.equal(sketch.buckets.length, MOST_BUCKETS);
    assert.equal(sketchCount(sketch), 2000);
    for (const q of [0.8, 0.95, 0.995]) {
      const exact = numbers[Math.floor(q * 1999)];
      assert.ok(Math.abs((sketchQuantile(sketch, q) ?? 0) - exact) <= SKETCH_ERROR * exact * (1 + 1e-12));
    }
    const encoded = encodeSketch(sketch);
    assert.ok(sketchBytes(encoded) < 3 + 1 + 4 * MOST_BUCKETS, String(sketchBytes(encoded)));
  });

  it('goes through a message and back', () => {
    const sketch = sketchOf([0, ...skewed(300)]);
    const encoded = JSON.parse(JSON.stringify(encodeSketch(sketch))) as number[];
    assert.equal(sketchedNumbers(encoded), 301);
    assert.deepEqual(decodeSketch(encoded, 301), sketch);
  });

  it('that no numbers could have given is refused', () => {
    const good = encodeSketch(sketchOf([1, 2, 3]));
    const bad: [string, number[], number][] = [
      ['nothing at all', [], 9],
      ['no numbers', [0], 9],
      ['an even list', [1, 2], 9],
      ['more numbers than samples', good, 2],
      ['a bucket that is not there', [0, 2561, 1], 9],
      ['buckets out of order', [0, 5, 1, 0, 1], 9],
      ['an empty bucket', [0, 5, 0], 9],
      ['a negative count', [0, 5, -1], 9],
      ['a negative gap', [0, 50, 1, -3, 1], 9],
      ['half a number', [0, 5, 1.5], 9],
      ['NaN', [0, Number.NaN, 1], 9],
      ['too many buckets', [0, ...new Array<number>(2 * MOST_BUCKETS + 2).fill(1)], 1e9],
    ];
    for (const [what, numbers, most] of bad) assert.throws(() => decodeSketch(numbers, most), { code: 'sketch' }, what);
  });
});
