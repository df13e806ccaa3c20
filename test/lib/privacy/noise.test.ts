import assert from 'node:assert/strict';
import { holdToNorm, releaseOf } from '../../../lib/privacy/central';
import { clipToNorm } from '../../../lib/privacy/clip';
import { privatise } from '../../../lib/privacy/local';
import { addNoise, seededNoise, systemNoise } from '../../../lib/privacy/noise';
import { addNoiseOf } from '../../../lib/privacy/noising';
import { generator } from '../../../lib/random/generator';
import type { PrivacyClaim } from '../../../lib/update/message';
import { refused } from '../update/refused';
import { plain } from './kernels';
import { near } from './near';

const claim: PrivacyClaim = { mode: 'central', clippingNorm: 2, noiseMultiplier: 1.5, delta: 1e-5, epsilon: 1 };

describe('clipping', () => {
  const values = [1, 3, 5].map((value) => Float32Array.of(value));

  it('agrees with TensorFlow Federated', () => {
    const clipped = values.map((value) => clipToNorm(value, 2, plain));
    assert.equal(clipped.filter((one) => one.clipped).length, 2);
    near(
      clipped.reduce((sum, one) => sum + one.vector[0], 0),
      5,
    );
    near([1, 2, 1].reduce((sum, weight, i) => sum + weight * clipped[i].vector[0], 0) / 4, 1.75);
    for (const [bound, sum, mean, count] of [
      [1, 3, 1, 2],
      [2, 5, 1.75, 2],
      [3, 7, 2.5, 1],
    ]) {
      const round = values.map((value) => clipToNorm(value, bound, plain));
      near(
        round.reduce((total, one) => total + one.vector[0], 0),
        sum,
      );
      near([1, 2, 1].reduce((total, weight, i) => total + weight * round[i].vector[0], 0) / 4, mean);
      assert.equal(round.filter((one) => one.norm > bound).length, count);
    }
  });

  it('gives at most the bound, in float32 too, and keeps the direction', () => {
    const random = generator(5, 'clip');
    for (let trial = 0; trial < 500; trial++) {
      const vector = Float32Array.from({ length: 1 + random.below(50) }, () => random.normal() * 10 ** random.below(6));
      const bound = 10 ** (random.uniform() * 6 - 3);
      const { vector: short, norm } = clipToNorm(vector, bound, plain);
      assert.ok(plain.norm(short) <= bound);
      if (norm <= bound) assert.deepEqual(short, vector);
      else near(plain.norm(short), bound, 1e-6);
      for (const [i, value] of short.entries()) near(value, (vector[i] * Math.min(norm, bound)) / norm, 1e-6, 1e-40);
    }
  });

  it('leaves zeros and what it was given alone, and refuses what is not finite', () => {
    assert.deepEqual(clipToNorm(new Float32Array(3), 1, plain).vector, new Float32Array(3));
    const vector = Float32Array.of(3, 4);
    clipToNorm(vector, 1, plain);
    assert.deepEqual(vector, Float32Array.of(3, 4));
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      refused('not-finite', () => clipToNorm(Float32Array.of(bad), 1, plain));
      assert.throws(() => clipToNorm(vector, bad, plain), RangeError);
    }
  });

  it('clips again at the aggregator', () => {
    near(plain.norm(holdToNorm(Float32Array.of(30, 40), claim, plain)), 2);
    assert.deepEqual(holdToNorm(Float32Array.of(0.5, 0), claim, plain), Float32Array.of(0.5, 0));
  });
});

/** Checks mean, variance, kurtosis and tails of standard normal numbers, each to six standard errors. */
function checkNormal(draw: () => number, count: number): void {
  const values = Array.from({ length: count }, draw);
  const moment = (power: number): number => values.reduce((sum, x) => sum + x ** power, 0) / count;
  near(moment(1), 0, 0, 6 / Math.sqrt(count));
  near(moment(2), 1, 0, 6 * Math.sqrt(2 / count));
  near(moment(3), 0, 0, 6 * Math.sqrt(15 / count));
  near(moment(4), 3, 0, 6 * Math.sqrt(96 / count));
  for (const [bound, share] of [
    [1, 0.31731050786291415],
    [2, 0.04550026389635842],
    [3, 0.0026997960632601866],
  ]) {
    const beyond = values.filter((x) => Math.abs(x) > bound).length / count;
    near(beyond, share, 0, 6 * Math.sqrt(share / count));
  }
  const lag = values.slice(1).reduce((sum, x, i) => sum + x * values[i], 0) / count;
  near(lag, 0, 0, 6 / Math.sqrt(count));
}

describe('noise', () => {
  it('is normal, from the operating system and from a seed', () => {
    checkNormal(systemNoise(), 400_000);
    checkNormal(seededNoise(1), 400_000);
  });

  it('is the same for the same seed and purpose only; that of the system never is', () => {
    const noise = (source: () => number): number[] => Array.from({ length: 4 }, source);
    assert.deepEqual(noise(seededNoise(1, 'a', 3)), noise(seededNoise(1, 'a', 3)));
    assert.notDeepEqual(noise(seededNoise(1, 'a', 3)), noise(seededNoise(1, 'a', 4)));
    assert.notDeepEqual(noise(systemNoise()), noise(systemNoise()));
  });

  it('has the standard deviation that each mechanism asks for', () => {
    const length = 50_000;
    const deviation = (vector: Float32Array): number => plain.norm(vector) / Math.sqrt(length);
    const bound = 5 * Math.sqrt(1 / (2 * length));
    near(deviation(addNoise(new Float32Array(length), 0.25, seededNoise(2))), 0.25, bound);
    const local = privatise(new Float32Array(length), { clippingNorm: 2, noiseMultiplier: 1.5 }, seededNoise(3), plain);
    near(deviation(local.vector), 3, bound);
    const source = seededNoise(4);
    const { noise } = releaseOf(claim, { round: 1, m: 10, within: 0, before: undefined, source, seed: () => '' });
    near(deviation(addNoiseOf(new Float32Array(length), noise, source)), 0.3, bound);
  });

  it('is added to the clipped vector, and refused when it is no number', () => {
    const vector = Float32Array.of(300, 400);
    const { vector: noisy, norm } = privatise(
      vector,
      { clippingNorm: 5, noiseMultiplier: 1e-9 },
      seededNoise(1),
      plain,
    );
    near(noisy[0], 3, 1e-6);
    near(noisy[1], 4, 1e-6);
    assert.equal(norm, 500);
    for (const sigma of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => addNoise(vector, sigma, seededNoise(1)), RangeError);
    }
  });
});
