/** Weights of the classes in the loss, from how many samples of each there are: what is rare counts for more. */
import { RefusedError } from '../refused';

export type ClassWeighting =
  /** n / (k n_c) for n samples of k classes: each class weighs the same in all (King & Zeng 2001). */
  | { name: 'balanced'; cap: number }
  /**
   * In proportion to 1 / E_c with the effective number E_c = (1 - beta^n_c) / (1 - beta), and scaled so that they sum up to
   * the number of classes (Cui et al. 2019, arXiv:1901.05555). beta 0: all alike; beta near 1: as balanced does.
   */
  | { name: 'effective-number'; beta: number; cap: number };

/** Throws RefusedError (code "bad-setting"). */
export function checkClassWeighting(weighting: ClassWeighting): void {
  const bad = (message: string): never => {
    throw new RefusedError('bad-setting', message);
  };
  if (weighting.name !== 'balanced' && weighting.name !== 'effective-number') {
    bad('Weigh the classes by balanced or effective-number.');
  }
  if (!(weighting.cap >= 1 && weighting.cap <= 1e6)) bad('Set the largest class weight to a number from 1 to 1000000.');
  if (weighting.name === 'effective-number' && !(weighting.beta >= 0 && weighting.beta < 1)) {
    bad('Set the beta of the class weights to a number from 0 up to below 1, such as 0.999.');
  }
}

/**
 * One weight for each class, none above `cap`. A class without samples has the cap: nobody trains on it now, and it will be
 * rare when it comes. Throws RangeError when there is no sample at all.
 */
export function classWeightsOf(counts: readonly number[], weighting: ClassWeighting): number[] {
  const n = counts.reduce((sum, count) => sum + count, 0);
  const known = counts.filter((count) => count > 0).length;
  if (known === 0) throw new RangeError('there is nothing to weigh the classes by');
  const { cap } = weighting;
  const capped = (weight: number): number => Math.min(cap, weight);
  if (weighting.name === 'balanced') return counts.map((count) => capped(count > 0 ? n / (known * count) : cap));
  const { beta } = weighting;
  // expm1 and log1p: beta^n is near 1 where beta is.
  const inverse = counts.map((count) => (count > 0 ? (1 - beta) / -Math.expm1(count * Math.log(beta)) : 0));
  const sum = inverse.reduce((a, b) => a + b, 0);
  return inverse.map((one) => capped(one > 0 ? (known * one) / sum : cap));
}
