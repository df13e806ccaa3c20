/**
 * q-FedAvg (Li 2020, arXiv 1905.10497): clients with a greater loss F_k at the model that they got count more, so that the
 * federation is fairer. With L = 1 / lr and D_k = L (w - w_k):
 *
 *     w <- w - sum F_k^q D_k / sum (q F_k^(q-1) |D_k|^2 + L F_k^q)
 *
 * Each client counts alike but for its loss; q = 0 is the uniform mean. F^(q-1) grows without bound as F goes to 0 (q < 1),
 * so losses below 1e-10 count as that.
 *
 * Both sums are taken over level^q, which changes nothing in their quotient: the level is the median loss of the round before.
 * Without it F^q leaves, as losses fall, what can be summed exactly: the model would stand still.
 */
import { RefusedError } from '../../refused';
import { medianNorm } from '../../robust/norm-bound';
import type { TrainingOptions } from '../../training/engine';
import { moved } from './moved';
import type { OptionsOf } from './options';
import { upTo } from './parameters';
import type { Strategy, StrategyState, UpdateFacts } from './strategy';

const LEAST_LOSS = 1e-10;
/** What counts more than so many clients of the level would be lost in the sum of them, or they in it. */
const MOST_WEIGHT = 2 ** 30;

export function qfedavg({ q = 1 }: OptionsOf<'qfedavg'>, { learningRate }: TrainingOptions): Strategy {
  upTo(q, 'q', 100);

  const levelOf = (state?: StrategyState): number => state?.numbers.level ?? 1;

  const lossOf = ({ client, metrics: { startLoss } }: UpdateFacts): number => {
    if (startLoss === undefined || !(startLoss >= 0 && startLoss < Number.POSITIVE_INFINITY)) {
      throw new RefusedError(
        'bad-loss',
        `The update of "${client}" says ${startLoss === undefined ? 'nothing of' : `${startLoss} for`} the loss of the model that it got: q-FedAvg needs one that is a number and not negative.`,
      );
    }
    return Math.max(startLoss, LEAST_LOSS);
  };

  return {
    name: 'qfedavg',
    needs: 'fold',
    vectorsPerUpdate: 1,
    uniformMean: false,
    startLoss: true,
    start: () => ({ numbers: {}, vectors: {} }),
    weigh(update, state) {
      const loss = lossOf(update);
      const weight = (loss / levelOf(state)) ** q;
      if (weight <= MOST_WEIGHT) return weight;
      throw new RefusedError(
        'bad-loss',
        `The update of "${update.client}" says ${loss} for the loss of the model that it got, which to the power of q (${q}) outweighs all others: lower q, or scale what the model learns.`,
      );
    },
    apply(state, global, aggregate) {
      const level = levelOf(state);
      const losses = Float64Array.from(aggregate.updates, lossOf);
      // Both sums over L: |D_k|^2 / L = L |d_k|^2, and -D_k / L = d_k.
      let divisor = 0;
      for (const [i, { norm, learningRate: rate = learningRate }] of aggregate.updates.entries()) {
        divisor += (losses[i] / level) ** q * (1 + (q * norm * norm) / (rate * losses[i]));
      }
      return {
        state: { numbers: { level: medianNorm(losses) }, vectors: {} },
        // All losses far below the first level: the next one is theirs.
        model: divisor > 0 ? moved(global, aggregate.mean(0, divisor)) : global,
      };
    },
  };
}
