/**
 * q-FedAvg (Li 2020, arXiv 1905.10497): clients with a greater loss F_k at the model that they got count more, so that the
 * federation is fairer. With L = 1 / lr and D_k = L (w - w_k):
 *
 *     w <- w - sum F_k^q D_k / sum (q F_k^(q-1) |D_k|^2 + L F_k^q)
 *
 * Each client counts alike but for its loss; q = 0 is the uniform mean. F^(q-1) grows without bound as F goes to 0 (q < 1),
 * so losses below 1e-10 count as that.
 */
import { RefusedError } from '../../refused';
import type { TrainingOptions } from '../../training/engine';
import { moved } from './moved';
import type { OptionsOf } from './options';
import { upTo } from './parameters';
import type { Strategy, UpdateFacts } from './strategy';

const LEAST_LOSS = 1e-10;

export function qfedavg({ q = 1 }: OptionsOf<'qfedavg'>, { learningRate }: TrainingOptions): Strategy {
  upTo(q, 'q', 100);

  const lossOf = ({ client, metrics: { startLoss } }: UpdateFacts): number => {
    if (startLoss === undefined || !(startLoss >= 0) || !Number.isFinite(startLoss ** q)) {
      throw new RefusedError(
        'bad-loss',
        `The update of "${client}" says ${startLoss === undefined ? 'nothing of' : `${startLoss} for`} the loss of the model that it got: q-FedAvg needs one that is not negative, and whose power q is a number.`,
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
    weigh: (update) => lossOf(update) ** q,
    apply(state, global, aggregate) {
      // Both sums over L: |D_k|^2 / L = L |d_k|^2, and -D_k / L = d_k.
      let divisor = 0;
      for (const update of aggregate.updates) {
        const loss = lossOf(update);
        divisor +=
          (q * loss ** (q - 1) * update.norm * update.norm) / (update.learningRate ?? learningRate) + loss ** q;
      }
      return { state, model: moved(global, aggregate.mean(0, divisor)) };
    },
  };
}
