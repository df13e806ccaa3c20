/**
 * FedBuff (Nguyen 2021, arXiv 2106.06639): w <- w + rate / K sum s(t_k) d_k over each K updates, whatever model each began
 * from. The clients count alike, and the sum is over K and not over the sum of the weights, as in the paper.
 */
import { moved } from '../strategies/moved';
import type { Strategy } from '../strategies/strategy';
import type { StalenessWeight } from './staleness';

export const fedbuff = (serverLearningRate: number, weight: StalenessWeight): Strategy => ({
  name: 'fedbuff',
  needs: 'fold',
  vectorsPerUpdate: 1,
  uniformMean: false,
  start: () => ({ numbers: {}, vectors: {} }),
  weigh: ({ staleness }) => weight(staleness),
  apply(state, global, aggregate) {
    const divisor = aggregate.updates.length / serverLearningRate;
    return { state, model: moved(global, aggregate.mean(0, divisor)) };
  },
});
