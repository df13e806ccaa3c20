/**
 * The mean of each coordinate without its floor(beta n) least and as many greatest values (Yin 2018, arXiv 1803.01498).
 * It holds against f <= floor(beta n) wrong vectors. Scores: the distance to the aggregate.
 */
import { RefusedError } from '../refused';
import type { RuleOptionsOf } from './options';
import { attackers, checkInput, checkUniform } from './parameters';
import type { Rule } from './rule';

/** floor(beta n), where beta n that is whole but for its rounding counts as whole. Something is left of n, as beta < 1/2. */
export const cutOf = (beta: number, n: number): number => Math.min(Math.floor(beta * n + 1e-9), (n - 1) >> 1);

export function trimmedMean({ beta = 0.2, f = 1 }: Omit<RuleOptionsOf<'trimmed-mean'>, 'name'> = {}): Rule {
  if (!(beta > 0 && beta < 0.5)) {
    throw new RefusedError(
      'bad-setting',
      `Set beta of the trimmed mean above 0 and below 0.5 (of the updates, at each end): ${String(beta)} is not.`,
    );
  }
  attackers(f, 1);
  const needed = Math.max(1, Math.ceil(f / beta - 1e-9));
  return {
    name: 'trimmed-mean',
    weights: 'uniform',
    needed,
    score: 'distance',
    combine(input, kernels) {
      checkInput(input, 'trimmed-mean', needed);
      checkUniform(input, 'trimmed-mean');
      const aggregate = kernels.trimmedMeans(input.vectors, cutOf(beta, input.vectors.length));
      return { aggregate, scores: kernels.distancesTo(aggregate, input.vectors), rejected: [] };
    },
  };
}
