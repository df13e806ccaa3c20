/** Draws from the gamma and the Dirichlet distribution. */
import type { Generator } from '../random/generator';

/** log of a Gamma(shape, 1) draw (Marsaglia & Tsang 2000; for shape < 1 by the boost u^(1/shape), in logs so that it never underflows). */
export function logGamma(shape: number, random: Generator): number {
  if (shape < 1) return logGamma(shape + 1, random) + Math.log(1 - random.uniform()) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    const u = 1 - random.uniform();
    if (Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) return Math.log(d * v);
  }
}

/** A point of the simplex: Dirichlet with the given concentrations, each > 0. */
export function dirichlet(concentrations: readonly number[], random: Generator): number[] {
  const logs = concentrations.map((alpha) => logGamma(alpha, random));
  const top = Math.max(...logs);
  const parts = logs.map((log) => Math.exp(log - top));
  const sum = parts.reduce((a, b) => a + b, 0);
  return parts.map((part) => part / sum);
}
