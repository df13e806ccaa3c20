/** Local privacy: the participant clips and adds noise itself, and has to trust nobody. */
import type { Kernels } from '../core/kernels';
import type { PrivacyClaim } from '../update/message';
import { type Clipped, clipToNorm } from './clip';
import type { GaussianEvent } from './events';
import { addNoise, type NormalSource } from './noise';

/** A fresh vector: clipped to C, with N(0, (z C)^2) added to each number. Throws RefusedError 'not-finite'. */
export function privatise(
  vector: Float32Array,
  { clippingNorm, noiseMultiplier }: Pick<PrivacyClaim, 'clippingNorm' | 'noiseMultiplier'>,
  source: NormalSource,
  kernels: Pick<Kernels, 'clip' | 'norm'>,
): Clipped {
  const clipped = clipToNorm(vector, clippingNorm, kernels);
  addNoise(clipped.vector, noiseMultiplier * clippingNorm, source);
  return clipped;
}

/** What one such update costs its participant: the sensitivity is 2 C (localEpsilon in accountant.ts), so half the multiplier counts. */
export const localEvent = (noiseMultiplier: number): GaussianEvent => ({
  noiseMultiplier: noiseMultiplier / 2,
  samplingRate: 1,
});
