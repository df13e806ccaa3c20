/**
 * The geometric median, the point with the least weighted sum of distances to all vectors, by the smoothed Weiszfeld
 * algorithm of RFA (Pillutla 2019, arXiv 1912.13445). It holds while less than half of the weight is wrong. In each iteration
 * the weights come from p_i anew, p_i / max(nu, distance): they are not multiplied up. It starts from the median of each
 * coordinate, so that vectors that are far off need no iterations to be left behind. Scores: the distance to the aggregate.
 */
import { medianNorm } from './norm-bound';
import type { RuleOptionsOf } from './options';
import { checkInput, checkWeights, positiveParameter, weightsOf, wholeParameter } from './parameters';
import type { Rule } from './rule';
import { sumOf } from './sums';

/** An iteration that goes less far than this share of the median distance is the last. */
const NEAR = 1e-6;

export function geometricMedian({
  nu = 1e-6,
  iterations = 100,
  weights: wanted = 'uniform',
}: Omit<RuleOptionsOf<'geometric-median'>, 'name'> = {}): Rule {
  positiveParameter(nu, 'nu');
  wholeParameter(iterations, 'iterations', 1, 10_000);
  const counted = checkWeights(wanted);
  return {
    name: 'geometric-median',
    weights: counted,
    needed: 1,
    score: 'distance',
    combine(input, kernels) {
      checkInput(input, 'geometric-median', 1);
      const { vectors } = input;
      const { weights } = weightsOf(input, 'geometric-median', counted);
      let point = kernels.medians(vectors);
      let scores = kernels.distancesTo(point, vectors);
      for (let iteration = 0; iteration < iterations; iteration++) {
        const shares = Float64Array.from(weights, (weight, i) => weight / Math.max(nu, scores[i]));
        // Over the largest one, so that the sum stays within what can be added exactly.
        const most = shares.reduce((a, b) => Math.max(a, b), 0);
        for (let i = 0; i < shares.length; i++) shares[i] /= most;
        const next = kernels.weightedSum(vectors, shares, sumOf(shares));
        const [step] = kernels.distancesTo(point, [next]);
        point = next;
        scores = kernels.distancesTo(point, vectors);
        if (step <= NEAR * medianNorm(scores)) break;
      }
      return { aggregate: point, scores, rejected: [] };
    },
  };
}
