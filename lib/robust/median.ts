/**
 * The median of each coordinate (Yin 2018, arXiv 1803.01498): while fewer than half of the vectors are wrong, each number
 * lies between two that are right. Scores: the distance to the aggregate.
 */
import type { RuleOptionsOf } from './options';
import { attackers, checkInput, checkUniform } from './parameters';
import type { Rule } from './rule';

export function median({ f = 0 }: Omit<RuleOptionsOf<'median'>, 'name'> = {}): Rule {
  const needed = 2 * attackers(f, 0) + 1;
  return {
    name: 'median',
    weights: 'uniform',
    needed,
    score: 'distance',
    combine(input, kernels) {
      checkInput(input, 'median', needed);
      checkUniform(input, 'median');
      const aggregate = kernels.medians(input.vectors);
      return { aggregate, scores: kernels.distancesTo(aggregate, input.vectors), rejected: [] };
    },
  };
}
