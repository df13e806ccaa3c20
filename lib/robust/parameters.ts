/** The parameters of rules, and what is common to their inputs, checked. */
import { RefusedError } from '../refused';
import type { Weights } from './options';
import type { RuleInput } from './rule';
import { sumOf } from './sums';

export function wholeParameter(value: number, name: string, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RefusedError(
    'bad-setting',
    `Set ${name} of the rule to a whole number from ${least} to ${most}: ${String(value)} is not.`,
  );
}

/** Above 0. */
export function positiveParameter(value: number, name: string, most = 1e12): number {
  if (typeof value === 'number' && value > 0 && value <= most) return value;
  throw new RefusedError(
    'bad-setting',
    `Set ${name} of the rule to a number above 0 and up to ${most}: ${String(value)} is not.`,
  );
}

/** f, the number of updates that may be wrong. */
export const attackers = (f: number, least: number): number => wholeParameter(f, 'f', least, 4096);

/** Vectors of one length, enough of them, and weights that are any. */
export function checkInput({ vectors, weights, norms }: RuleInput, rule: string, needed: number): void {
  if (vectors.length < needed) {
    throw new RefusedError(
      'too-few-updates',
      `The rule "${rule}", as it is set, needs ${needed} updates in a round and ${vectors.length} came: ask more clients or expect fewer attackers.`,
    );
  }
  const length = vectors[0]?.length ?? 0;
  if (vectors.some((vector) => vector.length !== length)) throw new RangeError('The vectors differ in length.');
  if (weights && (weights.length !== vectors.length || weights.some((weight) => !(weight >= 0 && weight < Infinity)))) {
    throw new RangeError('A rule needs a weight of 0 or more for each vector.');
  }
  if (norms && (norms.length !== vectors.length || norms.some((norm) => !(norm >= 0 && norm < Infinity)))) {
    throw new RangeError('A rule needs a norm of 0 or more for each vector, or none.');
  }
}

/** For rules that are proved for equal weights only. */
export function checkUniform({ weights = [] }: RuleInput, rule: string): void {
  if (weights.every((weight) => weight === weights[0])) return;
  throw new RefusedError(
    'rule-weights',
    `The rule "${rule}" counts each update as each other, so that nobody gains by claiming many samples: weigh all alike, or choose geometric-median or norm-bound with weights by samples.`,
  );
}

export function checkWeights(weights: Weights): Weights {
  if (weights === 'samples' || weights === 'uniform') return weights;
  throw new RefusedError(
    'bad-setting',
    `Set the weights of the rule to "samples" or "uniform", not "${String(weights)}".`,
  );
}

/** The weights of the vectors and their sum. Throws RefusedError as checkUniform() does, and 'no-samples' when all are 0. */
export function weightsOf(
  input: RuleInput,
  rule: string,
  kind: Weights,
): { weights: readonly number[]; total: number } {
  if (kind === 'uniform') checkUniform(input, rule);
  const weights = kind === 'samples' && input.weights ? input.weights : input.vectors.map(() => 1);
  const total = sumOf(weights);
  if (total > 0) return { weights, total };
  throw new RefusedError('no-samples', 'No update of this round was trained on a sample: give the clients samples.');
}
