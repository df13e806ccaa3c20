/**
 * Rényi differential privacy of the (sampled) Gaussian mechanism: Mironov, Talwar & Zhang, arXiv 1908.10530, section 3.3.
 *
 * With noise multiplier sigma (standard deviation over sensitivity) and Poisson sampling rate q, the divergence of order a
 * is log(A_a) / (a - 1), where A_a is the a-th moment of the likelihood ratio (1 - q) + q exp((2z - 1) / 2 sigma^2) under
 * z ~ N(0, sigma^2). Sampling a cohort of fixed size is not Poisson sampling: there take q = 1.
 */
import { logErfc } from './erfc';

const logAdd = (a: number, b: number): number => {
  const high = Math.max(a, b);
  return high === Number.NEGATIVE_INFINITY ? high : high + Math.log1p(Math.exp(Math.min(a, b) - high));
};

/**
 * Integer order: A - 1 = sum over k >= 2 of C(a, k) (1 - q)^(a - k) q^k (e^((k^2 - k) / 2 sigma^2) - 1), since the weights
 * add to 1. All terms are positive, so the sum is exact to the last digits even where A is almost 1.
 */
function logMomentInteger(q: number, sigma: number, order: number): number {
  let logBinomial = Math.log(order);
  let sum = Number.NEGATIVE_INFINITY;
  for (let k = 2; k <= order; k++) {
    logBinomial += Math.log((order - k + 1) / k);
    const growth = (k * k - k) / (2 * sigma * sigma);
    const logExpm1 = growth > 30 ? growth + Math.log1p(-Math.exp(-growth)) : Math.log(Math.expm1(growth));
    sum = logAdd(sum, logBinomial + k * Math.log(q) + (order - k) * Math.log1p(-q) + logExpm1);
  }
  return logAdd(0, sum);
}

/**
 * Fractional order: two series, over the half-lines where either part of the mixture is the greater one. From i > a on the
 * signs alternate and the terms fall as i^-(a + 2), so the rest is below the last term. Infinity when `maxTerms` are not
 * enough for 12 digits, never a wrong number.
 */
export function logMomentFractional(q: number, sigma: number, order: number, maxTerms = 100_000): number {
  const logQ = Math.log(q);
  const logP = Math.log1p(-q);
  const z0 = sigma * sigma * (logP - logQ) + 0.5;
  const scale = Math.SQRT2 * sigma;
  const variance = 2 * sigma * sigma;
  let logBinomial = 0;
  let sign = 1;
  let plus = Number.NEGATIVE_INFINITY;
  let minus = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < maxTerms; i++) {
    const j = order - i;
    const left = logBinomial + i * logQ + j * logP + (i * i - i) / variance + logErfc((i - z0) / scale) - Math.LN2;
    const right = logBinomial + j * logQ + i * logP + (j * j - j) / variance + logErfc((z0 - j) / scale) - Math.LN2;
    const term = logAdd(left, right);
    if (sign > 0) plus = logAdd(plus, term);
    else minus = logAdd(minus, term);
    if (i > order && term < plus - 29) {
      const sum = plus + Math.log1p(-Math.exp(minus - plus));
      return Number.isNaN(sum) ? Number.POSITIVE_INFINITY : Math.max(0, sum);
    }
    logBinomial += Math.log(Math.abs(order - i) / (i + 1));
    if (order < i) sign = -sign;
  }
  return Number.POSITIVE_INFINITY;
}

/** Rényi divergence of one step at an order above 1. Infinite without noise, 0 when nobody is sampled. */
export function rdpGaussian(sigma: number, q: number, order: number): number {
  if (!(order > 1) || !(q >= 0 && q <= 1) || !(sigma >= 0)) {
    throw new RangeError(
      `The accountant needs sigma >= 0, q in [0, 1] and orders above 1, not ${sigma}, ${q}, ${order}`,
    );
  }
  if (q === 0) return 0;
  if (sigma === 0) return Number.POSITIVE_INFINITY;
  if (q === 1) return order / (2 * sigma * sigma);
  const logMoment = Number.isInteger(order) ? logMomentInteger(q, sigma, order) : logMomentFractional(q, sigma, order);
  return logMoment / (order - 1);
}

const span = (first: number, last: number, step: number): number[] =>
  Array.from({ length: Math.round((last - first) / step) + 1 }, (_, i) => Math.round((first + i * step) * 1e6) / 1e6);

/** Dense where the least is mostly found, wide enough for very little and very much noise. */
export const defaultOrders: readonly number[] = [
  ...span(1.02, 1.08, 0.02),
  ...span(1.1, 10.9, 0.1),
  ...span(11, 64, 1),
  ...span(72, 128, 8),
  ...[160, 192, 256, 384, 512, 768, 1024, 2048, 4096],
];

export interface RdpCurve {
  orders: readonly number[];
  /** Divergence at each order; curves of several steps add up. */
  rdp: readonly number[];
}

/** `steps` compositions of the sampled Gaussian mechanism. */
export function rdpCurve(sigma: number, q: number, steps: number, orders: readonly number[] = defaultOrders): RdpCurve {
  return { orders, rdp: orders.map((order) => (steps === 0 ? 0 : steps * rdpGaussian(sigma, q, order))) };
}

/** Composition: both curves must have the same orders. */
export function addCurves(left: RdpCurve, right: RdpCurve): RdpCurve {
  if (left.orders.length !== right.orders.length || left.orders.some((order, i) => order !== right.orders[i])) {
    throw new RangeError('Curves of different orders cannot be composed');
  }
  return { orders: left.orders, rdp: left.rdp.map((value, i) => value + right.rdp[i]) };
}

/**
 * The least epsilon over the orders, and the order that gives it: rdp + log((a - 1) / a) - (log delta + log a) / (a - 1)
 * (Canonne, Kamath & Steinke, arXiv 2004.00010, proposition 12).
 */
export function epsilonOf({ orders, rdp }: RdpCurve, delta: number): { epsilon: number; order: number } {
  if (!(delta > 0 && delta < 1)) throw new RangeError(`delta must be between 0 and 1, not ${delta}`);
  // Of a single order 0 says nothing: what was released may be too little for it to be seen beside 1.
  if (rdp.every((value) => value === 0)) return { epsilon: 0, order: orders[0] };
  let best = { epsilon: Number.POSITIVE_INFINITY, order: orders[0] };
  for (const [i, order] of orders.entries()) {
    const epsilon = Math.max(0, rdp[i] + Math.log1p(-1 / order) - (Math.log(delta) + Math.log(order)) / (order - 1));
    if (epsilon < best.epsilon) best = { epsilon, order };
  }
  return best;
}
