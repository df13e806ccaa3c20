/**
 * Gaussian differential privacy by a central limit theorem (Bu, Dong, Long & Su, arXiv 1911.11607): many releases of the sampled
 * Gaussian mechanism are nearly one Gaussian mechanism. Close where there are many with a small rate, and NOT a bound: the truth may be more.
 */
import { gaussianEpsilon } from './gaussian';

/** Square of mu of the limit; without sampling the exact one. */
export const limitMuSquared = (noiseMultiplier: number, samplingRate: number, releases: number): number =>
  releases * (samplingRate === 1 ? noiseMultiplier ** -2 : samplingRate ** 2 * Math.expm1(noiseMultiplier ** -2));

export const gdpEpsilon = (noiseMultiplier: number, samplingRate: number, releases: number, delta: number): number =>
  gaussianEpsilon(Math.sqrt(limitMuSquared(noiseMultiplier, samplingRate, releases)), delta);
