/**
 * FLTrust (Cao 2021, arXiv 2012.13995): the aggregator trains on a few samples of its own. An update is trusted as far as it
 * points where the aggregator's own (the root) does, max(0, cosine), and counts with the root's length. When none is trusted
 * the aggregate is zero: the model stays. Scores: the trust, from 0 to 1.
 */
import { RefusedError } from '../refused';
import { checkInput, checkUniform } from './parameters';
import type { Rule } from './rule';
import { sumOf } from './sums';

export function fltrust(): Rule {
  return {
    name: 'fltrust',
    weights: 'uniform',
    needed: 1,
    uses: 'root',
    score: 'trust',
    combine(input, kernels) {
      checkInput(input, 'fltrust', 1);
      checkUniform(input, 'fltrust');
      const { vectors, root } = input;
      const length = root ? kernels.norm(root) : 0;
      if (!root || root.length !== vectors[0].length || !(length > 0 && length < Infinity)) {
        throw new RefusedError(
          'no-root',
          'FLTrust compares the updates with one of the aggregator: give the aggregator samples of its own that its model can learn from.',
        );
      }
      const norms = new Float64Array(vectors.length);
      const scores = new Float64Array(vectors.length);
      const aggregate = kernels.sumAlong({
        direction: root,
        vectors,
        norms: input.norms,
        weigh(dot, norm, i) {
          norms[i] = norm;
          scores[i] = norm > 0 ? Math.min(1, Math.max(0, dot / (norm * length))) : 0;
          return scores[i] > 0 ? (scores[i] * length) / norm : 0;
        },
        // When none is trusted the sum is zero.
        divisor: () => sumOf(scores) || 1,
      });
      const total = sumOf(scores);
      const trusted = scores.filter((trust) => trust > 0).length;
      // So that their plain mean is the aggregate.
      const factors = scores.map((trust, i) => (trust > 0 ? (trust * length * trusted) / (norms[i] * total) : 0));
      const reason = 'It does not point where the update of the aggregator does.';
      return {
        aggregate,
        scores,
        rejected: [...scores].flatMap((trust, index) => (trust > 0 ? [] : [{ index, reason }])),
        shares: { factors },
      };
    },
  };
}
