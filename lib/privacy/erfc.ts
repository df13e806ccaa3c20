/** The complementary error function by its logarithm, so that it never underflows; relative error about 1e-14. */

/** erf(x) for 0 <= x <= 2 by a series of positive terms (Abramowitz & Stegun 7.1.6). */
function erfSmall(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** exp(x^2) erfc(x) for x >= 1.5 by its continued fraction (Abramowitz & Stegun 7.1.14), from the far end. */
function erfcScaled(x: number): number {
  let fraction = x;
  for (let k = Math.ceil(200 / (x * x)) + 10; k >= 1; k--) fraction = x + k / 2 / fraction;
  return 1 / (fraction * Math.sqrt(Math.PI));
}

export function logErfc(x: number): number {
  if (x > 1.5) return Math.log(erfcScaled(x)) - x * x;
  if (x >= 0) return Math.log1p(-erfSmall(x));
  return x > -1.5 ? Math.log1p(erfSmall(-x)) : Math.LN2 + Math.log1p(-Math.exp(logErfc(-x)) / 2);
}

/** log of the standard normal distribution function. */
export const logPhi = (x: number): number => logErfc(-x / Math.SQRT2) - Math.LN2;
