/**
 * The exponential mechanism: of several choices one is drawn with a chance that grows with how well it does. Its losses lie in a range
 * of epsilon, which makes it better than any mechanism of that epsilon (Dong, Durfee & Rogers, arXiv 1909.13830).
 */

/** Zero-concentrated privacy rho of one draw (Cesar & Rogers, arXiv 2004.07223, lemma 3.4): the largest divergence of order 1. */
export function exponentialRho(epsilon: number): number {
  const x = epsilon / Math.expm1(epsilon);
  // Below this rounding eats it, and the series epsilon^2 / 8 is as good.
  return epsilon < 1e-3 ? (epsilon * epsilon) / 8 : x - 1 - Math.log(x);
}

/** Rényi divergence of this order: it grows by rho, and never passes epsilon. */
export const rdpExponential = (epsilon: number, order: number): number =>
  Math.min(epsilon, order * exponentialRho(epsilon));
