import assert from 'node:assert/strict';
import { besideCount, defaultCountNoise, nextNorm, noisedShare } from '../../../lib/privacy/adaptive';
import { checkCentral, normOfRound, releaseOf } from '../../../lib/privacy/central';
import { clipToNorm } from '../../../lib/privacy/clip';
import { type NormalSource, seededNoise } from '../../../lib/privacy/noise';
import { addNoiseOf } from '../../../lib/privacy/noising';
import { generator } from '../../../lib/random/generator';
import type { AdaptiveClipping, PrivacyClaim } from '../../../lib/update/message';
import { refused } from '../update/refused';
import { vector } from '../vectors';
import { plain } from './kernels';
import { near } from './near';

const adaptive: AdaptiveClipping = { firstNorm: 1, quantile: 0.5, rate: 0.2, step: 'geometric' };
const claimOf = (clippingNorm: number, change: Partial<AdaptiveClipping> = {}, noiseMultiplier = 1): PrivacyClaim => ({
  ...{ mode: 'central', clippingNorm, noiseMultiplier, delta: 1e-5, epsilon: 1 },
  adaptive: { ...adaptive, ...change },
});
const silent = (): number => 0;
const released = (claim: PrivacyClaim, m: number, within: number, source: NormalSource) =>
  releaseOf(claim, { round: 1, m, within, before: undefined, source, seed: () => '' });
const bits = (norms: readonly number[], bound: number): number =>
  norms.reduce((sum, norm) => sum + (norm <= bound ? 1 / 2 : -1 / 2), 0);

describe('adaptive clipping', () => {
  it('takes the step of pfl-research', () => {
    const { input } = vector<{ C: number; step: number; target: number }, string>('pfl-adaclip');
    for (const share of [0, 0.1, 0.5, 0.8, 1]) {
      const next = nextNorm(input.C, share, { ...adaptive, quantile: input.target, rate: input.step });
      near(next, input.C * Math.exp(-0.2 * (share - 0.5)), 1e-15);
    }
  });

  it('shares the noise as pfl-research does, where the count is a number of the vector', () => {
    const { input, expected } = vector<{ value_rel_std: number; indicator_scale: number; C: number }, number>(
      'pfl-adaclip-noise',
    );
    // There an indicator of 0 or 1, scaled, stands behind the vector, and all have noise by the norm of both.
    const { value_rel_std: z, indicator_scale: scale, C } = input;
    const countNoise = (z * Math.sqrt(1 + scale * scale)) / scale;
    near(besideCount(z, countNoise, 1) * C, expected, 1e-12);
  });

  it('goes the rounds of TensorFlow Federated, whose C moves by an amount', () => {
    const { input, expected } = vector<
      { values: number[]; C0: number; target: number; lr: number },
      { sum1: number; C1: number; sum2: number }
    >('tff-adaclip');
    const sumAt = (bound: number): number =>
      input.values.reduce((sum, value) => sum + clipToNorm(Float32Array.of(value), bound, plain).vector[0], 0);
    const change = { firstNorm: input.C0, quantile: input.target, rate: input.lr, step: 'linear' } as const;
    // So little noise of the whole that the count may have next to none.
    const claim = claimOf(input.C0, { ...change, countNoise: 1e-6 }, 1e-6);
    near(sumAt(input.C0), expected.sum1, 1e-7);
    const { state } = released(claim, input.values.length, bits(input.values, input.C0), silent);
    near(state?.clippingNorm ?? 0, expected.C1, 1e-12);
    near(sumAt(normOfRound(claim, state)), expected.sum2, 1e-7);
  });

  it('gives the count as much noise as TensorFlow Federated when nobody says how much', () => {
    const { input, expected } = vector<{ noise_multiplier: number; clients: number }, { clipped_count_stddev: number }>(
      'tff-adaclip-default-std',
    );
    assert.equal(defaultCountNoise(input.noise_multiplier, input.clients), expected.clipped_count_stddev);
    // In a small round m / 20 would leave the updates nothing: they get 2 / sqrt 3 of their noise.
    near(besideCount(2, defaultCountNoise(2, 3)), 4 / Math.sqrt(3), 1e-12);
    assert.throws(() => besideCount(2, 1), RangeError);
  });

  it('follows the norms, however far off it begins', () => {
    // From 0.1 up by e^0.1 a round while all norms of 5 are above: 0.1 e^4 is the first above them, and then to and fro.
    let norm = 0.1;
    for (let round = 0; round < 200; round++) norm = nextNorm(norm, 5 <= norm ? 1 : 0, adaptive);
    near(norm, 0.1 * Math.exp(4), 1e-9);
  });

  it('comes to the quantile that is wished, under noise and with both ways of stepping', () => {
    const random = generator(3, 'norms');
    for (const [step, rate] of [
      ['geometric', 0.2],
      ['linear', 0.5],
    ] as const) {
      for (const quantile of [0.2, 0.5, 0.9]) {
        const source = seededNoise(4, step, quantile);
        let claim = claimOf(20, { step, rate, quantile });
        let sum = 0;
        for (let round = 0; round < 1000; round++) {
          // Uniform from 5 to 15: the quantile is 5 + 10 q.
          const norms = Array.from({ length: 100 }, () => 5 + 10 * random.uniform());
          const { state } = released(claim, norms.length, bits(norms, claim.clippingNorm), source);
          claim = { ...claim, clippingNorm: normOfRound(claim, state) };
          if (round >= 500) sum += claim.clippingNorm / 500;
        }
        near(sum, 5 + 10 * quantile, 0.05);
      }
    }
  });

  it('releases a mean and a share whose noise together is what z promises', () => {
    const [z, countNoise, m, clippingNorm, size] = [1.5, 1, 4, 2, 40_000];
    const source = seededNoise(9, 'release');
    const claim = claimOf(clippingNorm, { countNoise }, z);
    const mean = addNoiseOf(new Float32Array(size), released(claim, m, 0, source).noise, source);
    const sigma = Math.sqrt(mean.reduce((sum, value) => sum + value * value, 0) / size);
    const shares = Array.from({ length: 4000 }, () => released(claim, m, 1, source).clipping?.share ?? 0);
    const centre = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    const spread = Math.sqrt(shares.reduce((sum, share) => sum + (share - centre) ** 2, 0) / shares.length);
    // In units of what one client can move: C / m of the mean, 1 / (2 m) of the share. Gaussian mechanisms add up by 1 / z^2.
    const [ofMean, ofShare] = [sigma / (clippingNorm / m), spread / (1 / (2 * m))];
    near((ofMean ** -2 + ofShare ** -2) ** -0.5, z, 0.02);
    near(ofShare, 2 * countNoise, 0.05);
    near(centre, 1 / 2 + 1 / m, 0.03);
  });

  it('is never thrown far by one draw, and never leaves what a norm may be', () => {
    for (const step of ['geometric', 'linear'] as const) {
      for (const share of [-1e6, -3, 4, 1e6]) {
        let norm = 1;
        for (let round = 0; round < 30; round++) {
          const next = nextNorm(norm, share, { ...adaptive, step, rate: 1000 });
          assert.ok(next >= norm / 10 && next <= norm * 10 && next >= 1e-9 && next <= 1e9, `${next} after ${norm}`);
          norm = next;
        }
      }
    }
    assert.equal(noisedShare(-1, 2, 1, 0), 0);
  });

  it('refuses an update that was clipped to another norm than that of the round', () => {
    refused('privacy-clipping', () => checkCentral('a', claimOf(2), { clippingNorm: 1 }, 1));
    refused('privacy-clipping', () => checkCentral('a', claimOf(2), undefined, 1));
    checkCentral('a', claimOf(1), undefined, 1);
    checkCentral('a', claimOf(0.3), { clippingNorm: 0.3 }, 1);
    // A fixed norm is nobody's business but that of those who set it.
    checkCentral('a', { ...claimOf(2), adaptive: undefined }, { clippingNorm: 1 }, 1);
  });
});
