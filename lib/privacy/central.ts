/**
 * Central privacy (McMahan et al., arXiv 1710.06963): participants clip, the aggregator adds noise to the mean once. The
 * sensitivity of C / m holds for uniform weights only, whatever number of examples each participant has.
 */
import type { PrivacyClaim } from '../update/message';
import { centralSigma } from './accountant';
import { type ClippingKernels, clipToNorm } from './clip';
import type { PrivacyEvent } from './ledger';
import { addNoise, type NormalSource } from './noise';

/**
 * The update as it may enter the mean: clipped again, since the proof must not rest on what others say, and since
 * quantisation after clipping may lengthen an update a little. Throws RefusedError 'not-finite'.
 */
export const holdToNorm = (vector: Float32Array, claim: PrivacyClaim, kernels: ClippingKernels): Float32Array =>
  clipToNorm(vector, claim.clippingNorm, kernels).vector;

/** In place: adds N(0, (z C / m)^2) to the uniform mean of m updates. Once a round. */
export function noiseMean(mean: Float32Array, claim: PrivacyClaim, m: number, source: NormalSource): Float32Array {
  return addNoise(mean, centralSigma(claim.noiseMultiplier, claim.clippingNorm, m), source);
}

/** What one round costs. samplingRate: 1 unless the cohorts are truly Poisson samples. */
export const centralEvent = (noiseMultiplier: number, samplingRate = 1): PrivacyEvent => ({
  noiseMultiplier,
  samplingRate,
});
