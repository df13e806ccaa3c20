/**
 * Central privacy (McMahan et al., arXiv 1710.06963): participants clip, the aggregator adds noise to the mean once. The
 * sensitivity of C / m holds for uniform weights only, whatever number of examples each participant has.
 */
import { RefusedError } from '../refused';
import type { CentralTold, PrivacyClaim } from '../update/message';
import { centralSigma } from './accountant';
import { besideCount, defaultCountNoise, nextNorm, noisedShare } from './adaptive';
import { type ClippingKernels, clipToNorm } from './clip';
import type { PrivacyEvent } from './ledger';
import { addNoise, type NormalSource } from './noise';

/** What the aggregator keeps of one round for the next. */
export type CentralState = CentralTold;

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

/** C of a round: adaptive clipping goes on from what the aggregator tells. */
export const normOfRound = (
  { clippingNorm, adaptive }: Pick<PrivacyClaim, 'clippingNorm' | 'adaptive'>,
  told: CentralTold | undefined,
): number => (adaptive ? (told?.clippingNorm ?? adaptive.firstNorm) : clippingNorm);

/** Throws RefusedError 'privacy-clipping' when an update was not clipped to the norm of the round. */
export function checkNorm(client: string, claim: PrivacyClaim, before: CentralState | undefined): void {
  const norm = normOfRound(claim, before);
  if (claim.clippingNorm === norm) return;
  throw new RefusedError(
    'privacy-clipping',
    `The update of "${client}" is clipped to ${claim.clippingNorm} and this round clips to ${norm}: let fl-dp-noise have the update as fl-client has made it.`,
  );
}

export interface CentralRelease {
  /** In place, once: the noise on the mean. */
  noise(mean: Float32Array): Float32Array;
  /** What the next round goes on from; absent: nothing. */
  state?: CentralState;
  /** Adaptive clipping: the noised share of updates whose norm was at most C, and the next C. Anybody may know. */
  clipping?: { share: number; next: number };
}

/** All that is released of a round of m updates. `within`: the sum of their bits less 1/2. */
export function releaseOf(claim: PrivacyClaim, m: number, within: number, source: NormalSource): CentralRelease {
  const { adaptive, noiseMultiplier, clippingNorm } = claim;
  if (!adaptive) return { noise: (mean) => noiseMean(mean, claim, m, source) };
  const { countNoise = defaultCountNoise(noiseMultiplier, m) } = adaptive;
  const share = noisedShare(within, m, countNoise, source());
  const beside = { ...claim, noiseMultiplier: besideCount(noiseMultiplier, countNoise) };
  const next = nextNorm(clippingNorm, share, adaptive);
  return {
    noise: (mean) => noiseMean(mean, beside, m, source),
    state: { clippingNorm: next },
    clipping: { share, next },
  };
}

/** What one round costs. samplingRate: 1 unless the cohorts are truly Poisson samples. */
export const centralEvent = (noiseMultiplier: number, samplingRate = 1): PrivacyEvent => ({
  noiseMultiplier,
  samplingRate,
});
