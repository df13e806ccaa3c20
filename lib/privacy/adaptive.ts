/**
 * Adaptive clipping (Andrew, Thakkar, McMahan & Ramaswamy, arXiv 1905.03871): C follows a quantile of the norms of the
 * updates. Each participant tells one bit, whether its norm was at most C; the sum of the bits less 1/2 is noised beside
 * the sum of the updates, and both together cost what the noise multiplier z says.
 */
import type { AdaptiveClipping } from '../update/message';

/** Less 1/2 a bit is 1/2 or -1/2, and 0 of who is not there. */
export const COUNT_SENSITIVITY = 1 / 2;

/** C changes by at most this factor in a round, so that no single draw of the noise throws it away. */
const MOST_STEP = 10;
const [LEAST_NORM, MOST_NORM] = [1e-9, 1e9];

/**
 * The multiplier for the updates when a count of this sensitivity and noise is released with them, and both together are to be
 * one Gaussian mechanism of multiplier z: (z^-2 - (sensitivity / noise)^2)^-1/2. Throws RangeError when the count costs all of it.
 */
export function besideCount(z: number, countNoise: number, sensitivity = COUNT_SENSITIVITY): number {
  const left = z ** -2 - (sensitivity / countNoise) ** 2;
  if (left > 0) return left ** -0.5;
  throw new RangeError(`The noise of the count must be above ${z * sensitivity}, not ${countNoise}`);
}

/** The paper's m / 20; at least z, with which the updates get 15 % more noise: small rounds could not pay for less. */
export const defaultCountNoise = (z: number, m: number): number => Math.max(m / 20, z);

/**
 * The noised share of m updates whose norm was at most C. `sum`: of the bits less 1/2. Not held to [0, 1]: that would bend
 * its mean.
 */
export const noisedShare = (sum: number, m: number, countNoise: number, normal: number): number =>
  1 / 2 + (sum + countNoise * normal) / m;

/** C of the next round. */
export function nextNorm(norm: number, share: number, { quantile, rate, step }: AdaptiveClipping): number {
  const off = share - quantile;
  const wished = step === 'geometric' ? norm * Math.exp(-rate * off) : norm - rate * off;
  const held = Math.min(norm * MOST_STEP, Math.max(norm / MOST_STEP, wished));
  return Math.min(MOST_NORM, Math.max(LEAST_NORM, held));
}
