/**
 * FLAME (Nguyen 2022, arXiv 2101.02281), made against backdoors: updates whose direction is apart from that of the majority
 * are left out, the others are shortened to the median of all norms, and the mean gets normal noise of lambda times that
 * norm, which drowns what is left of a backdoor. Scores: the mean cosine distance to those that are let in.
 */
import { generator } from '../random/generator';
import { RefusedError } from '../refused';
import { cosineDistances } from './cosine-distances';
import { majorityCluster } from './majority-cluster';
import { medianNorm } from './norm-bound';
import type { RuleOptionsOf } from './options';
import { checkInput, checkUniform } from './parameters';
import type { Rule } from './rule';
import { normsOf, sumOf } from './sums';

export function flame({ lambda = 0.001 }: Omit<RuleOptionsOf<'flame'>, 'name'> = {}): Rule {
  if (!(lambda >= 0 && lambda <= 100)) {
    throw new RefusedError('bad-setting', `Set lambda of FLAME to a number from 0 to 100: ${String(lambda)} is not.`);
  }
  return {
    name: 'flame',
    weights: 'uniform',
    needed: 3,
    score: 'cosine distance',
    combine(input, kernels) {
      checkInput(input, 'flame', 3);
      checkUniform(input, 'flame');
      const { vectors, seed = 0 } = input;
      const n = vectors.length;
      const norms = normsOf(input, kernels);
      const distances = cosineDistances(vectors, norms, kernels);
      const inside = majorityCluster(distances, n);
      const members = new Set(inside);
      const limit = medianNorm(norms);
      const aggregate = kernels.weightedSum(
        inside.map((i) => vectors[i]),
        inside.map((i) => (norms[i] <= limit ? 1 : limit / norms[i])),
        inside.length,
        inside.map((i) => norms[i]),
      );
      const deviation = lambda * limit;
      if (deviation > 0) {
        const random = generator(seed, 'flame');
        for (let k = 0; k < aggregate.length; k++) aggregate[k] += deviation * random.normal();
      }
      const scores = Float64Array.from(vectors, (_, i) => {
        const others = inside.filter((j) => j !== i).map((j) => distances[i * n + j]);
        return sumOf(others) / Math.max(1, others.length);
      });
      const reason = `Its direction is apart from that of the ${inside.length} of ${n} updates that hold together.`;
      return {
        aggregate,
        scores,
        rejected: vectors.flatMap((_, index) => (members.has(index) ? [] : [{ index, reason }])),
      };
    },
  };
}
