/**
 * "A little is enough" (Baruch et al. 2019, arXiv 1902.06156, algorithm 3): all attackers send the same vector, just so far
 * from the mean that a majority still looks farther out than they do.
 */
import { momentsOf } from './moments';
import { normalQuantile } from './normal-quantile';

/**
 * z_max of n clients with m attackers: s = floor(n/2 + 1) - m honest ones must be won over, and (n - m - s) / (n - m) of a
 * normal distribution lie below z. Not below 0. A majority of attackers needs nobody else and gets 40 deviations.
 */
export function largestZ(n: number, m: number): number {
  const honest = n - m;
  const supporters = Math.floor(n / 2 + 1) - m;
  if (honest <= 0 || supporters <= 0) return 40;
  return Math.max(0, normalQuantile(Math.max(0, (honest - supporters) / honest)));
}

/** mean - z deviation of the updates that the attackers know: at least one, all of one length. */
export function littleIsEnough(known: readonly Float32Array[], z: number): Float32Array {
  const { mean, deviation } = momentsOf(known);
  return Float32Array.from(mean, (value, i) => value - z * deviation[i]);
}
