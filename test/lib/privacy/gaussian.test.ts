import assert from 'node:assert/strict';
import { bestEpsilon, centralSigma, localEpsilon, rdpEpsilon } from '../../../lib/privacy/accountant';
import { analyticSigma, classicSigma, gaussianDelta, gaussianEpsilon } from '../../../lib/privacy/gaussian';
import { vector } from '../vectors';
import { near } from './near';

/** The least delta by its definition: the integral of max(0, p - e^epsilon q) for p = N(mu, 1), q = N(0, 1). */
function deltaIntegrated(mu: number, epsilon: number): number {
  const h = 1e-4;
  let sum = 0;
  // p > e^epsilon q beyond this point; midpoints from there on.
  for (let z = epsilon / mu + mu / 2 + h / 2; z < mu + 12; z += h) {
    sum += Math.exp(-((z - mu) ** 2) / 2) - Math.exp(epsilon - (z * z) / 2);
  }
  return (sum * h) / Math.sqrt(2 * Math.PI);
}

describe('Gaussian mechanism', () => {
  it('agrees with pfl on the analytic noise', () => {
    const { input, expected } = vector<{ eps: number; delta: number }, number>('pfl-analytic-gm');
    near(analyticSigma(1, input.eps, input.delta), expected, 1e-6);
    near(analyticSigma(3, input.eps, input.delta), 3 * expected, 1e-6);
  });

  it('has the delta that integration gives', () => {
    for (const mu of [0.1, 0.5, 1, 3]) {
      for (const epsilon of [0, 0.1, 1, 3]) near(gaussianDelta(mu, epsilon), deltaIntegrated(mu, epsilon), 1e-6, 1e-15);
    }
  });

  it('inverts delta, from the safe side', () => {
    for (const mu of [0.01, 0.3, 1, 5, 40]) {
      for (const delta of [1e-3, 1e-5, 1e-9]) {
        const epsilon = gaussianEpsilon(mu, delta);
        assert.ok(gaussianDelta(mu, epsilon) <= delta);
        if (epsilon > 0) near(gaussianDelta(mu, epsilon), delta, 1e-6);
      }
    }
    assert.equal(gaussianEpsilon(0, 1e-5), 0);
    assert.equal(gaussianEpsilon(Number.POSITIVE_INFINITY, 1e-5), Number.POSITIVE_INFINITY);
  });

  it('takes less noise than the classic bound, which is refused where it is not proved', () => {
    const { input, expected } = vector<{ sensitivity: number; eps: number; delta: number }, number>('der-localdp');
    near(classicSigma(input.sensitivity, input.eps, input.delta), expected, 1e-12); // sqrt(2 ln(1.25 / delta))
    assert.ok(analyticSigma(1, 1, 1e-5) < classicSigma(1, 1, 1e-5));
    assert.throws(() => classicSigma(1, 1.01, 1e-5), RangeError);
    assert.throws(() => classicSigma(1, 0.5, 1), RangeError);
    assert.throws(() => analyticSigma(1, 0, 1e-5), RangeError);
  });

  it('composes exactly, and never worse than by RDP', () => {
    for (const steps of [1, 10, 200]) {
      for (const noiseMultiplier of [0.5, 2, 20]) {
        const plan = { noiseMultiplier, samplingRate: 1, steps, delta: 1e-5 };
        near(bestEpsilon(plan), gaussianEpsilon(Math.sqrt(steps) / noiseMultiplier, 1e-5), 1e-9);
        assert.ok(bestEpsilon(plan) < rdpEpsilon(plan));
      }
    }
    const sampled = { noiseMultiplier: 1, samplingRate: 0.1, steps: 10, delta: 1e-5 };
    assert.equal(bestEpsilon(sampled), rdpEpsilon(sampled));
  });

  it('counts the sensitivity of replacement, 2 C, for local privacy', () => {
    // Noise z C against a distance of 2 C is one Gaussian with mu = 2 / z for each round.
    near(localEpsilon(8, 1, 1e-5), gaussianEpsilon(2 / 8, 1e-5), 1e-9);
    near(localEpsilon(8, 16, 1e-5), gaussianEpsilon(1, 1e-5), 1e-9);
  });

  it('divides central noise by the cohort', () => {
    assert.equal(centralSigma(1.5, 2, 10), 0.3);
    assert.throws(() => centralSigma(1, 1, 0), RangeError);
  });
});
