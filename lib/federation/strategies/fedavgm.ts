/** FedAvgM (Hsu 2019, arXiv 1909.06335): v <- beta v + sum p_k d_k; w <- w + eta v. */
import { moved } from './moved';
import type { OptionsOf } from './options';
import { decay, positive } from './parameters';
import type { Strategy } from './strategy';
import { bySamples, meanOf } from './weights';

export function fedavgm({ beta = 0.9, serverLearningRate = 1 }: OptionsOf<'fedavgm'>): Strategy {
  decay(beta, 'beta');
  positive(serverLearningRate, 'the server learning rate');
  return {
    name: 'fedavgm',
    needs: 'fold',
    vectorsPerUpdate: 1,
    uniformMean: true,
    start: (size) => ({ numbers: {}, vectors: { velocity: new Float32Array(size) } }),
    weigh: bySamples,
    apply({ numbers, vectors }, global, aggregate) {
      const velocity = moved(meanOf(aggregate), vectors.velocity, beta);
      return { state: { numbers, vectors: { velocity } }, model: moved(global, velocity, serverLearningRate) };
    },
  };
}
