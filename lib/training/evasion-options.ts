/** What is left open in the options of an attack. */
import type { EvasionOptions } from './engine';

export type WholeEvasion = Required<EvasionOptions>;

const STEPS = 5;

/** The step size as Madry 2018 (arXiv 1706.06083) has it: what is needed to cross the box, and half as much again. */
export function wholeEvasion({ method, epsilon, steps = STEPS, stepSize }: EvasionOptions): WholeEvasion {
  return { method, epsilon, steps, stepSize: stepSize ?? (2.5 * epsilon) / steps };
}
