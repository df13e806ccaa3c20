/**
 * FedDyn (Acar 2021, arXiv 2111.04263): the clients minimise f_k(w) - <h_k, w> + alpha/2 |w - w0|^2 and then take
 * h_k <- h_k - alpha (w_k - w0). Here h, the mean of all h_k, follows them: h <- h - alpha (|S| / N) mean(d_k), and
 * w <- w + mean(d_k) - h / alpha. Each client counts alike.
 */
import type { TrainingOptions } from '../../training/engine';
import type { OptionsOf } from './options';
import { positive, refuseSetting } from './parameters';
import { meanAfter } from './spread';
import type { Strategy } from './strategy';
import { alike } from './weights';

export function feddyn({ alpha = 0.01 }: OptionsOf<'feddyn'>, { proximal }: TrainingOptions): Strategy {
  positive(alpha, 'alpha');
  if (proximal) refuseSetting('Take the proximal term away for FedDyn: it has one of its own, of strength alpha.');
  return {
    name: 'feddyn',
    needs: 'fold',
    vectorsPerUpdate: 1,
    uniformMean: true,
    local: { name: 'feddyn', alpha },
    start: (size) => ({ numbers: { clients: 0 }, vectors: { h: new Float32Array(size) } }),
    weigh: alike,
    apply({ numbers, vectors }, global, aggregate) {
      const { updates, clients } = aggregate;
      const mean = aggregate.mean();
      const h = meanAfter(vectors.h, numbers.clients, mean, -alpha, updates.length, clients);
      const model = new Float32Array(global.length);
      for (let i = 0; i < model.length; i++) model[i] = global[i] + mean[i] - h[i] / alpha;
      return { state: { numbers: { clients }, vectors: { h } }, model };
    },
  };
}
