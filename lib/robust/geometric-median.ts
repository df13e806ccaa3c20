/**
 * The geometric median, the point with the least weighted sum of distances to all vectors, by the smoothed Weiszfeld
 * algorithm of RFA (Pillutla 2019, arXiv 1912.13445). It holds while less than half of the weight is wrong. In each iteration
 * the weights come from p_i anew, p_i / max(nu, distance): they are not multiplied up. It starts from the median of each
 * coordinate, so that vectors that are far off need no iterations to be left behind. Where that is as good as one of the
 * vectors (sparse updates, and one of zeros), 1 / nu would hold it there: it leaves by the step of Vardi & Zhang (2000,
 * doi:10.1073/pnas.97.4.1423) when the others pull more than those vectors weigh. Scores: the distance to the aggregate.
 */
import { medianNorm } from './norm-bound';
import type { RuleOptionsOf } from './options';
import { checkInput, checkWeights, positiveParameter, weightsOf, wholeParameter } from './parameters';
import type { Rule, RuleKernels } from './rule';
import { sumOf } from './sums';

/** An iteration that goes less far than this share of the median distance is the last. */
const NEAR = 1e-6;

function meanBy(vectors: readonly Float32Array[], shares: Float64Array, kernels: RuleKernels): Float32Array {
  // Over the largest one, so that the sum stays within what can be added exactly.
  const most = shares.reduce((a, b) => Math.max(a, b), 0);
  for (let i = 0; i < shares.length; i++) shares[i] /= most;
  return kernels.weightedSum(vectors, shares, sumOf(shares));
}

/** The step away from the vectors that `point` lies on (within `near`); undefined: it lies on none, or they hold it. */
function leaving(
  point: Float32Array,
  distances: Float64Array,
  weights: readonly number[],
  near: number,
  vectors: readonly Float32Array[],
  kernels: RuleKernels,
): Float32Array | undefined {
  const held = sumOf(weights.filter((_, i) => distances[i] <= near));
  const shares = Float64Array.from(weights, (weight, i) => (distances[i] <= near ? 0 : weight / distances[i]));
  if (!(held > 0) || !shares.some((share) => share > 0)) return undefined;
  const sum = sumOf(shares);
  const others = meanBy(vectors, shares, kernels);
  // |sum of w (x - v) / |x - v||
  const pull = sum * kernels.distancesTo(point, [others])[0];
  return pull > held ? kernels.weightedSum([others, point], [1 - held / pull, held / pull], 1) : undefined;
}

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
        const next =
          leaving(point, scores, weights, Math.max(nu, NEAR * medianNorm(scores)), vectors, kernels) ??
          meanBy(
            vectors,
            Float64Array.from(weights, (weight, i) => weight / Math.max(nu, scores[i])),
            kernels,
          );
        const [step] = kernels.distancesTo(point, [next]);
        point = next;
        scores = kernels.distancesTo(point, vectors);
        if (step <= NEAR * medianNorm(scores)) break;
      }
      return { aggregate: point, scores, rejected: [] };
    },
  };
}
