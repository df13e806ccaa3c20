/**
 * Krum and Multi-Krum (Blanchard 2017, arXiv 1703.02757) as rules: the best vector, or the mean of the m best, m at most
 * n - f - 2. Scores: the sum of the n - f - 2 least squared distances to the others.
 */
import { krumBound, krumScores, select } from './krum';
import type { RuleOptionsOf } from './options';
import { attackers, checkInput, checkUniform, wholeParameter } from './parameters';
import type { Rule } from './rule';
import { plainMeanOf } from './sums';

/** `m`: how many at most; absent: as many as are proved. */
function selection(name: 'krum' | 'multi-krum', f: number, m = Number.POSITIVE_INFINITY): Rule {
  const needed = krumBound(attackers(f, 0));
  return {
    name,
    weights: 'uniform',
    needed,
    score: 'sum of distances',
    combine(input, kernels) {
      checkInput(input, name, needed);
      checkUniform(input, name);
      const { vectors } = input;
      const n = vectors.length;
      const scores = krumScores(kernels.squaredDistances(vectors), n, f);
      const kept = new Set(select(scores, Math.min(m, n - f - 2)));
      const reason = `By its Krum score it is farther from the others than the ${kept.size} of ${n} that are kept.`;
      return {
        aggregate: plainMeanOf(
          vectors.filter((_, i) => kept.has(i)),
          kernels,
        ),
        scores,
        rejected: vectors.flatMap((_, index) => (kept.has(index) ? [] : [{ index, reason }])),
      };
    },
  };
}

export const krum = ({ f = 1 }: Omit<RuleOptionsOf<'krum'>, 'name'> = {}): Rule => selection('krum', f, 1);

export const multiKrum = ({ f = 1, m }: Omit<RuleOptionsOf<'multi-krum'>, 'name'> = {}): Rule =>
  selection('multi-krum', f, m === undefined ? undefined : wholeParameter(m, 'm', 1, 1e6));
