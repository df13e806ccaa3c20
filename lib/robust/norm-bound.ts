/**
 * Norm bounding (Sun 2019, arXiv 1911.07963): no update counts with a norm above `bound`. What is longer is shortened
 * (above: 'clip') or counts as zero ('zero'), with its full weight in both. Absent, the bound is the median of the norms of
 * the round. It bounds what an attacker can do, it does not tell who attacks. Scores: the norm.
 */
import { RefusedError } from '../refused';
import { kthSmallest } from './kth-smallest';
import type { RuleOptionsOf } from './options';
import { checkInput, checkWeights, positiveParameter, weightsOf } from './parameters';
import type { Rule } from './rule';
import { normsOf } from './sums';

/** The lower one of two middle values: a bound that one of them has. */
export const medianNorm = (norms: Float64Array): number => kthSmallest(norms.slice(), (norms.length - 1) >> 1);

export function normBound({
  bound,
  above = 'clip',
  weights: wanted = 'uniform',
}: Omit<RuleOptionsOf<'norm-bound'>, 'name'> = {}): Rule {
  if (bound !== undefined) positiveParameter(bound, 'bound');
  if (above !== 'clip' && above !== 'zero') {
    throw new RefusedError(
      'bad-setting',
      `Set what happens above the bound to "clip" or "zero", not "${String(above)}".`,
    );
  }
  const counted = checkWeights(wanted);
  return {
    name: 'norm-bound',
    weights: counted,
    needed: 1,
    score: 'norm',
    combine(input, kernels) {
      checkInput(input, 'norm-bound', 1);
      const { vectors } = input;
      const { weights, total } = weightsOf(input, 'norm-bound', counted);
      const scores = normsOf(input, kernels);
      const limit = bound ?? medianNorm(scores);
      const factors = scores.map((norm) => (norm <= limit ? 1 : above === 'clip' ? limit / norm : 0));
      return {
        aggregate: kernels.weightedSum(
          vectors,
          factors.map((factor, i) => factor * weights[i]),
          total,
          scores,
        ),
        scores,
        rejected: [...scores].flatMap((norm, index) =>
          factors[index] > 0
            ? []
            : [{ index, reason: `Its norm of ${norm.toPrecision(3)} is above the bound of ${limit.toPrecision(3)}.` }],
        ),
        ...(above === 'clip' && counted === 'uniform' ? { shares: { factors } } : {}),
      };
    },
  };
}
