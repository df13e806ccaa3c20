/** The Gaussian mechanism without sampling: exact for any epsilon, and for any number of releases together. */
import { logPhi } from './erfc';

/**
 * Least delta for which noise of standard deviation sigma on sensitivity mu * sigma is (epsilon, delta)-private: Balle &
 * Wang, arXiv 1805.06530, theorem 8. T releases with the same noise are one with mu' = mu sqrt(T).
 */
export function gaussianDelta(mu: number, epsilon: number): number {
  if (mu === 0) return 0;
  const above = logPhi(mu / 2 - epsilon / mu);
  const below = epsilon + logPhi(-mu / 2 - epsilon / mu);
  return below >= above ? 0 : Math.exp(above) * -Math.expm1(below - above);
}

/** The point where a falling function passes `target`, from the safe side, to the last bits of float64. */
function crossing(falling: (x: number) => number, target: number, high: number): number {
  let below = 0;
  let safe = high;
  while (falling(safe) > target) {
    below = safe;
    safe *= 2;
    if (safe > 1e300) return Number.POSITIVE_INFINITY;
  }
  for (let i = 0; i < 200; i++) {
    const middle = (below + safe) / 2;
    if (middle <= below || middle >= safe) break;
    if (falling(middle) > target) below = middle;
    else safe = middle;
  }
  return safe;
}

const checkDelta = (delta: number): void => {
  if (!(delta > 0 && delta < 1)) throw new RangeError(`delta must be between 0 and 1, not ${delta}`);
};

/** The least epsilon at this delta; mu is sensitivity over standard deviation. */
export function gaussianEpsilon(mu: number, delta: number): number {
  checkDelta(delta);
  if (!(mu >= 0)) throw new RangeError(`mu must not be negative, as ${mu} is`);
  if (mu === Number.POSITIVE_INFINITY) return mu;
  if (gaussianDelta(mu, 0) <= delta) return 0;
  return crossing((epsilon) => gaussianDelta(mu, epsilon), delta, 1);
}

/** The analytic Gaussian mechanism: the least standard deviation that is (epsilon, delta)-private, for any epsilon > 0. */
export function analyticSigma(sensitivity: number, epsilon: number, delta: number): number {
  checkDelta(delta);
  if (!(epsilon > 0)) throw new RangeError(`epsilon must be above 0, not ${epsilon}`);
  return sensitivity * crossing((sigma) => (sigma === 0 ? 1 : gaussianDelta(1 / sigma, epsilon)), delta, 1);
}

/**
 * The classic bound s sqrt(2 ln(1.25 / delta)) / epsilon (Dwork & Roth 2014, theorem A.1). It is proved for epsilon up to
 * 1 only, and refused (RangeError) above.
 */
export function classicSigma(sensitivity: number, epsilon: number, delta: number): number {
  checkDelta(delta);
  if (!(epsilon > 0 && epsilon <= 1)) {
    throw new RangeError(`The classic bound holds for epsilon from 0 to 1, not ${epsilon}: use analyticSigma`);
  }
  return (sensitivity * Math.sqrt(2 * Math.log(1.25 / delta))) / epsilon;
}
