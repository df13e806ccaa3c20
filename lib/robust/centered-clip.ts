/**
 * CenteredClip (Karimireddy 2021, arXiv 2012.10333): v <- v + mean of (x_i - v) min(1, tau / |x_i - v|), from the aggregate of
 * the round before, so that what attackers add in one round is bounded and what they add over many is seen. Absent, tau is
 * the median of the distances to where the round starts. Scores: the distance to the aggregate.
 */
import { medianNorm } from './norm-bound';
import type { RuleOptionsOf } from './options';
import { checkInput, checkUniform, positiveParameter, wholeParameter } from './parameters';
import type { Rule, Shares } from './rule';
import { sumOf } from './sums';

export function centeredClip({ tau, iterations = 5 }: Omit<RuleOptionsOf<'centered-clip'>, 'name'> = {}): Rule {
  if (tau !== undefined) positiveParameter(tau, 'tau');
  wholeParameter(iterations, 'iterations', 1, 1000);
  return {
    name: 'centered-clip',
    weights: 'uniform',
    needed: 1,
    uses: 'previous',
    score: 'distance',
    combine(input, kernels) {
      checkInput(input, 'centered-clip', 1);
      checkUniform(input, 'centered-clip');
      const { vectors, previous } = input;
      const n = vectors.length;
      const known = previous?.length === vectors[0].length;
      let centre = known && previous ? previous : new Float32Array(vectors[0].length);
      let scores = kernels.distancesTo(centre, vectors);
      const radius = tau ?? medianNorm(scores);
      let shares: Shares = { factors: new Float64Array(n).fill(1), centre };
      for (let iteration = 0; iteration < iterations; iteration++) {
        const factors = scores.map((distance) => (distance <= radius ? 1 : radius / distance));
        shares = { factors, centre };
        // v + mean of factor (x - v), in one exact sum.
        centre = kernels.weightedSum([...vectors, centre], [...factors, n - sumOf(factors)], n);
        scores = kernels.distancesTo(centre, vectors);
      }
      return { aggregate: centre, scores, rejected: [], shares };
    },
  };
}
