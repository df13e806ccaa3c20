/**
 * The adaptive server optimisers (Reddi 2021, arXiv 2003.00295, algorithm 2), with D = sum p_k d_k:
 *
 *     m <- beta1 m + (1 - beta1) D;   v <- next(v, D^2);   w <- w + eta m / (sqrt(v) + tau)
 *
 * As in the paper v begins at tau^2 and nothing is corrected for its beginning. Others (Flower among them) begin with v = 0,
 * and correct FedAdam like Adam: their first rounds go further.
 */
import { decay, positive } from './parameters';
import type { Strategy } from './strategy';
import { bySamples, meanOf } from './weights';

export interface AdaptiveParameters {
  beta1: number;
  tau: number;
  /** eta */
  serverLearningRate: number;
}

/** `next`: of v and the square of the change, number by number. The state is float32, the arithmetic float64. */
export function adaptive(
  name: string,
  { beta1, tau, serverLearningRate }: AdaptiveParameters,
  next: (v: number, square: number) => number,
): Strategy {
  decay(beta1, 'beta1');
  positive(tau, 'tau');
  positive(serverLearningRate, 'the server learning rate');
  return {
    name,
    needs: 'fold',
    vectorsPerUpdate: 1,
    uniformMean: true,
    start: (size) => ({
      numbers: {},
      vectors: { m: new Float32Array(size), v: new Float32Array(size).fill(tau * tau) },
    }),
    weigh: bySamples,
    apply({ numbers, vectors }, global, aggregate) {
      const change = meanOf(aggregate);
      const size = global.length;
      const [m, v, model] = [new Float32Array(size), new Float32Array(size), new Float32Array(size)];
      for (let i = 0; i < size; i++) {
        m[i] = beta1 * vectors.m[i] + (1 - beta1) * change[i];
        v[i] = next(vectors.v[i], change[i] * change[i]);
        model[i] = global[i] + (serverLearningRate * m[i]) / (Math.sqrt(v[i]) + tau);
      }
      return { state: { numbers, vectors: { m, v } }, model };
    },
  };
}
