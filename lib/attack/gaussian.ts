/** The Gaussian attacker of Blanchard et al. 2017 (arXiv 1703.02757, section 5): numbers of N(0, deviation^2) and nothing learned. */
import type { Generator } from '../random/generator';

export const gaussianUpdate = (length: number, deviation: number, random: Generator): Float32Array =>
  Float32Array.from({ length }, () => deviation * random.normal());
