/**
 * Distributed noise: each participant clips to C and adds N(0, (z C)^2 / m) itself, and only the sum of m or more such updates
 * is ever opened (secure aggregation). So the sum has the noise of central privacy, N(0, (z C)^2) or more, and nobody is trusted
 * with an update without noise. A participant that is there or not (its update replaced by 0) changes the sum by C.
 *
 * What the masks add up are whole numbers, rounded by each by chance. That costs nothing: a number y = x + noise rounded so is
 * a sample, at the whole numbers, of the density of the noise and of a triangle around x; the sum of many is one of the normal
 * density N(0, n sigma^2) and of n triangles around the sum of the x, up to e^(-2 pi^2 sigma^2) for noise of sigma steps in each
 * (Poisson's summation). The triangles depend on nobody's data, so two sums are told apart no better than two normal ones.
 */
import { RefusedError } from '../refused';
import type { PrivacyClaim, SecureSettings } from '../update/message';
import type { GaussianEvent } from './events';

/** Steps of rounding in the standard deviation of each part, at least: then the exponent above is below -300. */
const LEAST_STEPS = 4;
/** How far a normal number may be out: beyond it once in 10^18. */
const MOST_DEVIATIONS = 9;
/** Of the ring, at each end of what the sums are without noise: an eighth. */
export const slack = 2 ** 29;

type Terms = Pick<PrivacyClaim, 'clippingNorm' | 'noiseMultiplier'> & { clients: number };

/** Standard deviation of the part of one of `clients` that make all of it. */
export const distributedSigma = ({ clippingNorm, noiseMultiplier, clients }: Terms): number =>
  (noiseMultiplier * clippingNorm) / Math.sqrt(clients);

/** What one sum costs each participant: as a central release without sampling, since the aggregator knows whom it asked. */
export const distributedEvent = (noiseMultiplier: number): GaussianEvent => ({ noiseMultiplier, samplingRate: 1 });

const bad = (message: string): RefusedError => new RefusedError('secure-settings', message);

/**
 * Throws RefusedError where the noise would suffer: 'secure-few' when so few take part that it is not whole, 'secure-settings'
 * when it is finer than the steps or does not fit the ring.
 */
export function requireWhole(terms: Terms, { clip, range }: SecureSettings, taking: number): void {
  const { clients, clippingNorm } = terms;
  if (taking < clients) {
    throw new RefusedError(
      'secure-few',
      `The noise is whole in a sum of ${clients} clients or more, and only ${taking} take part: set fewer in fl-dp-noise, which makes each part larger.`,
    );
  }
  const step = (2 * clip) / range;
  const sigma = distributedSigma(terms);
  if (sigma < LEAST_STEPS * step) {
    throw bad(
      `Each part of the noise, ${sigma.toPrecision(2)}, is too fine for the steps of the sum, ${step.toPrecision(2)}: set a smaller clip in fl-aggregator.`,
    );
  }
  const beyond = taking * Math.max(0, clippingNorm - clip) + MOST_DEVIATIONS * sigma * Math.sqrt(taking);
  if (beyond <= slack * step) return;
  throw bad(
    `Updates of the norm ${clippingNorm} with their noise may pass what the sum holds: set the clip in fl-aggregator to ${clippingNorm} or more.`,
  );
}
