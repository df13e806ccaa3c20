/** What the mechanisms of this suite cost, and how much noise a budget asks for. */
import { gaussianEpsilon } from './gaussian';
import { gdpEpsilon } from './gdp';
import { pldEpsilon } from './pld';
import { defaultOrders, epsilonOf, rdpCurve } from './rdp';

/** How epsilon is counted: two bounds, the second closer and slower, and an approximation that is none. */
export type Accountant = 'rdp' | 'pld' | 'gdp';
export const accountants: readonly Accountant[] = ['rdp', 'pld', 'gdp'];

/** Sampled Gaussian mechanism: sigma is standard deviation over sensitivity. */
export interface Plan {
  noiseMultiplier: number;
  /** Poisson sampling rate; 1: everybody in every round, or no assumption. */
  samplingRate: number;
  steps: number;
  delta: number;
}

/** Epsilon by the RDP accountant. */
export function rdpEpsilon(plan: Plan, orders: readonly number[] = defaultOrders): number {
  return epsilonOf(rdpCurve(plan.noiseMultiplier, plan.samplingRate, plan.steps, orders), plan.delta).epsilon;
}

/** The better of what is proved: without sampling, composition of Gaussians is exact and beats RDP. */
export function bestEpsilon(plan: Plan, orders: readonly number[] = defaultOrders): number {
  const rdp = rdpEpsilon(plan, orders);
  if (plan.samplingRate !== 1) return rdp;
  const mu = plan.noiseMultiplier === 0 ? Number.POSITIVE_INFINITY : Math.sqrt(plan.steps) / plan.noiseMultiplier;
  return Math.min(rdp, gaussianEpsilon(mu, plan.delta));
}

/**
 * Local privacy: each client clips to C and adds N(0, (z C)^2) itself. Two data sets of a client may give updates that are
 * 2 C apart (replacement), so the noise over the sensitivity is z / 2. Nothing is assumed of sampling.
 */
export const localEpsilon = (noiseMultiplier: number, rounds: number, delta: number): number =>
  bestEpsilon({ noiseMultiplier: noiseMultiplier / 2, samplingRate: 1, steps: rounds, delta });

/**
 * Central privacy: updates clipped to C, averaged with uniform weights over a cohort whose size m does not depend on the
 * data, N(0, (z C / m)^2) added once. A client that is there or not (its update replaced by 0) changes the mean by C / m.
 */
export function centralEpsilon(
  noiseMultiplier: number,
  samplingRate: number,
  rounds: number,
  delta: number,
  accountant: Accountant = 'rdp',
): number {
  if (accountant === 'gdp' && noiseMultiplier > 0) return gdpEpsilon(noiseMultiplier, samplingRate, rounds, delta);
  const best = bestEpsilon({ noiseMultiplier, samplingRate, steps: rounds, delta });
  // Without sampling it is exact already.
  if (accountant === 'rdp' || samplingRate === 1) return best;
  return Math.min(best, pldEpsilon([{ noiseMultiplier, samplingRate, count: rounds }], delta));
}

/** Standard deviation of the noise on the sum over m: the number of updates, or under Poisson sampling the expected one. */
export function centralSigma(noiseMultiplier: number, clippingNorm: number, m: number): number {
  if (!(m > 0 && Number.isFinite(m))) throw new RangeError(`A sum cannot be divided by ${m}`);
  return (noiseMultiplier * clippingNorm) / m;
}

/**
 * The least noise multiplier whose epsilon is at most `target` and not more than `tolerance` below it, by bisection from
 * [0, 10]. Infinity when no noise up to a million is enough.
 */
export function noiseMultiplierFor(
  target: number,
  epsilon: (noiseMultiplier: number) => number,
  tolerance = 1e-4,
): number {
  if (!(target > 0)) throw new RangeError(`The target epsilon must be above 0, not ${target}`);
  let low = 0;
  let high = 10;
  let reached = epsilon(high);
  while (reached > target) {
    if (high > 1e6) return Number.POSITIVE_INFINITY;
    high *= 2;
    reached = epsilon(high);
  }
  while (target - reached > tolerance && high - low > 1e-9 * high) {
    const middle = (low + high) / 2;
    const epsilonThere = epsilon(middle);
    if (epsilonThere <= target) {
      high = middle;
      reached = epsilonThere;
    } else low = middle;
  }
  return high;
}
