/**
 * Inner-product manipulation (Xie, Koyejo & Gupta 2020, arXiv 1903.03936): -epsilon times the mean of the honest updates, so
 * that what is aggregated points away from it. A small epsilon passes rules that look at distances, a large one beats the mean.
 */
import { momentsOf } from './moments';

export const innerProduct = (known: readonly Float32Array[], epsilon: number): Float32Array =>
  Float32Array.from(momentsOf(known).mean, (value) => -epsilon * value);
