/**
 * FoolsGold (Fung 2020, arXiv 1808.04866), made against Sybils: who share an aim are more alike in the sum of all their
 * updates than honest clients are, so that an update counts the less the more that sum is like another's. Alikeness is a
 * cosine; below 0 it counts as none, as in the authors' code (the formulas of the paper would turn its sign). The paper adds
 * trust x update up; here that is divided by the sum of the trust, so that those who are left make a whole step. All
 * numbers of the model count alike. Scores: the trust, from 0 to 1.
 */
import { sharedCopy } from '../update/vector';
import { cosineDistances } from './cosine-distances';
import type { RuleOptionsOf } from './options';
import { checkInput, checkUniform, positiveParameter } from './parameters';
import type { Rule } from './rule';
import { sumOf } from './sums';

/** What two directions may be apart by the rounding of float32 alone. */
const SAME = 1e-12;

/** A new vector, in shared memory. */
function sumWith(history: Float32Array | undefined, update: Float32Array): Float32Array {
  const sum = sharedCopy(update);
  if (history?.length === update.length) for (let k = 0; k < sum.length; k++) sum[k] += history[k];
  return sum;
}

/** `distances`: of the cosine, n x n, row major. The trust of each, from 0 to 1; at least one has 1. */
export function sybilTrust(distances: Float64Array, n: number, kappa: number): Float64Array {
  const likeness = (i: number, j: number): number => Math.max(0, 1 - distances[i * n + j]);
  const others = (i: number): number[] => Array.from({ length: n }, (_, j) => j).filter((j) => j !== i);
  const most = Float64Array.from({ length: n }, (_, i) => others(i).reduce((v, j) => Math.max(v, likeness(i, j)), 0));
  const apart = most.map((own, i) =>
    others(i).reduce((least, j) => {
      // Pardoned: who is like one that is itself more like another.
      const distance = most[j] > own ? 1 - (likeness(i, j) * own) / most[j] : Math.min(1, distances[i * n + j]);
      return Math.min(least, distance < SAME ? 0 : distance);
    }, 1),
  );
  const largest = apart.reduce((a, b) => Math.max(a, b), 0);
  // All say the same: there is none to choose.
  if (largest === 0) return apart.fill(1);
  return apart.map((alpha) => {
    const share = alpha / largest;
    return share === 1 ? 1 : Math.min(1, Math.max(0, kappa * (Math.log(share / (1 - share)) + 0.5)));
  });
}

export function foolsgold({ kappa = 1 }: Omit<RuleOptionsOf<'foolsgold'>, 'name'> = {}): Rule {
  positiveParameter(kappa, 'kappa');
  return {
    name: 'foolsgold',
    weights: 'uniform',
    // Of two each is as like the other as the other is.
    needed: 3,
    uses: 'history',
    score: 'trust',
    combine(input, kernels) {
      checkInput(input, 'foolsgold', 3);
      checkUniform(input, 'foolsgold');
      const { vectors, histories: before = [] } = input;
      const n = vectors.length;
      const histories = vectors.map((vector, i) => sumWith(before[i], vector));
      const norms = Float64Array.from(histories, (sum) => kernels.norm(sum));
      const scores = sybilTrust(cosineDistances(histories, norms, kernels), n, kappa);
      const reason = 'The sum of its updates is too much like that of another client.';
      return {
        aggregate: kernels.weightedSum(vectors, scores, sumOf(scores), input.norms),
        scores,
        rejected: [...scores].flatMap((trust, index) => (trust > 0 ? [] : [{ index, reason }])),
        histories,
      };
    },
  };
}
