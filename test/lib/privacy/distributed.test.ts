import assert from 'node:assert/strict';
import { centralEpsilon } from '../../../lib/privacy/accountant';
import { distributedEvent, distributedSigma, requireWhole } from '../../../lib/privacy/distributed';
import { logPhi } from '../../../lib/privacy/erfc';
import { charge, newLedger, spent } from '../../../lib/privacy/ledger';
import { seededNoise } from '../../../lib/privacy/noise';
import { parsePrivacy } from '../../../lib/update/parse-privacy';
import { refused } from '../update/refused';
import { play } from './secure/cohort';

const terms = { clippingNorm: 0.5, noiseMultiplier: 2, clients: 10 };
const claim = { mode: 'distributed' as const, ...terms, delta: 1e-5, epsilon: 1 };

describe('distributed noise', () => {
  it('is that of central privacy in the sum of so many, and costs each of them the same', () => {
    const part = distributedSigma(terms);
    assert.ok(Math.abs(Math.sqrt(10 * part ** 2) - 2 * 0.5) < 1e-12);
    let ledger = newLedger(100, 1e-5);
    for (let round = 0; round < 7; round++) ledger = charge(ledger, distributedEvent(2));
    assert.ok(Math.abs(spent(ledger) - centralEpsilon(2, 1, 7, 1e-5)) < 1e-9);
  });

  it('goes through masks whole: the sum has its variance, whatever the samples, and no number is cut', () => {
    const [count, size] = [10, 20_000];
    const clients = Array.from({ length: count }, (_, i) => `plant-${i}`);
    const sigma = distributedSigma(terms);
    const vectors = clients.map((client) => {
      const source = seededNoise(4, client);
      return Float32Array.from({ length: size }, () => 0.003 + sigma * source());
    });
    const samples = clients.map((_, i) => 1 + 100 * i);
    // The clip of 0.5 is passed by many: one part has a deviation of 0.32.
    const { result } = play({ clients, vectors, samples, options: { clip: 0.5, threshold: 0.5 }, privacy: claim });
    assert.ok(result);
    const exact = Float64Array.from({ length: size }, (_, i) => vectors.reduce((sum, v) => sum + v[i], 0));
    let variance = 0;
    for (let i = 0; i < size; i++) {
      const sum = result.mean[i] * count;
      assert.ok(Math.abs(sum - exact[i]) < 1e-5, `${sum} ${exact[i]}`);
      variance += (sum - 0.03) ** 2 / size;
    }
    // z C = 1; six standard errors of a variance.
    assert.ok(Math.abs(variance - 1) < 6 * Math.sqrt(2 / size), `${variance}`);
  });

  it('is not opened in a sum of fewer, nor masked in one', () => {
    const clients = Array.from({ length: 11 }, (_, i) => `plant-${i}`);
    const vectors = clients.map(() => new Float32Array(4).fill(0.1));
    const parts = { clients, vectors, samples: clients.map(() => 1), options: { clip: 0.5, threshold: 0.5 } };
    const one = play({ ...parts, privacy: claim, silent: ['plant-3'] });
    assert.equal(one.result?.clients.length, 10);
    const two = play({ ...parts, privacy: claim, silent: ['plant-3', 'plant-4'] });
    assert.equal(two.result, undefined);
    assert.ok(two.refused.length >= 9 && two.refused.every(({ code }) => code === 'secure-few'));
    refused('secure-few', () => requireWhole(terms, { threshold: 0.5, neighbours: 2, clip: 1, range: 1000 }, 9));
  });

  it('is refused where it is finer than the steps, or does not fit what the sum holds', () => {
    const settings = { threshold: 0.5, neighbours: 2, clip: 1, range: 2 ** 24 };
    requireWhole(terms, settings, 10);
    requireWhole({ ...terms, noiseMultiplier: 1e-5 }, settings, 10);
    refused('secure-settings', () => requireWhole({ ...terms, noiseMultiplier: 1e-7 }, settings, 10), /too fine/);
    refused(
      'secure-settings',
      () => requireWhole({ ...terms, clippingNorm: 50 }, settings, 10),
      /clip in fl-aggregator/,
    );
  });

  it('is rounded by each without telling more: the rounded sum depends on the sum of the numbers alone', () => {
    // P(round(x + N(0, s^2)) = j) is a second difference of the integral of the normal distribution.
    const s = 4;
    const integral = (t: number): number =>
      t * Math.exp(logPhi(t / s)) + (s * Math.exp(-((t / s) ** 2) / 2)) / Math.sqrt(2 * Math.PI);
    const reach = 60;
    const pmf = (x: number): Float64Array =>
      Float64Array.from({ length: 2 * reach + 1 }, (_, i) => {
        const j = i - reach;
        return integral(j + 1 - x) - 2 * integral(j - x) + integral(j - 1 - x);
      });
    const sumOf = (a: Float64Array, b: Float64Array): Float64Array => {
      const both = new Float64Array(a.length + b.length - 1);
      for (const [i, p] of a.entries()) for (const [j, q] of b.entries()) both[i + j] += p * q;
      return both;
    };
    const one = sumOf(pmf(0.3), pmf(0.4));
    for (const [a, b] of [
      [0.7, 0],
      [0.5, 0.2],
      [1.9, -1.2],
    ]) {
      for (const [i, p] of sumOf(pmf(a), pmf(b)).entries()) assert.ok(Math.abs(p - one[i]) < 1e-12);
    }
    const other = sumOf(pmf(0.3), pmf(0.9));
    assert.ok(other.some((p, i) => Math.abs(p - one[i]) > 1e-3));
  });

  it('is claimed with the number of its parts, and nothing else is', () => {
    assert.deepEqual(parsePrivacy(claim), claim);
    const { clients: _, ...without } = claim;
    refused('header', () => parsePrivacy(without), /clients/);
    refused('header', () => parsePrivacy({ ...claim, mode: 'local' }), /clients/);
    refused('header', () => parsePrivacy({ ...claim, clients: 2 }));
    refused('header', () => parsePrivacy({ ...claim, tree: { levels: 3, begun: 1 } }), /central/);
  });
});
