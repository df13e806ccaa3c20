/**
 * FedAvg (McMahan 2017, arXiv 1602.05629): w <- w + sum p_k d_k with p_k = n_k / sum n.
 * Under central privacy the weights are all 1, as the noise is proved for the uniform mean only (arXiv 1710.06963).
 */
import { RefusedError } from '../../update/message';
import type { Strategy } from './strategy';

export const fedavg: Strategy = {
  name: 'fedavg',
  needs: 'fold',
  vectorsPerUpdate: 1,
  uniformMean: true,
  start: () => ({ numbers: {}, vectors: {} }),
  weigh({ client, samples }) {
    if (!Number.isSafeInteger(samples) || samples < 0) {
      throw new RefusedError(
        'bad-samples',
        `The update of "${client}" says that it was trained on ${samples} samples: send a whole number that is not negative.`,
      );
    }
    return samples;
  },
  apply(state, global, aggregate) {
    if (!(aggregate.totalWeight > 0)) {
      throw new RefusedError(
        'no-samples',
        'No update of this round was trained on a sample, so there is nothing to average: give the clients samples.',
      );
    }
    const mean = aggregate.mean();
    const model = new Float32Array(global.length);
    // One rounding per number: the sum of two float32 is taken in float64.
    for (let i = 0; i < model.length; i++) model[i] = global[i] + mean[i];
    return { state, model };
  },
};
