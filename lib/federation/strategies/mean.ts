/** What all have in common whose next model is the mean of the local ones: w <- w + sum p_k d_k. */
import { moved } from './moved';
import type { Strategy } from './strategy';
import { bySamples, meanOf } from './weights';

export const plainMean = (name: string, training?: Strategy['training']): Strategy => ({
  name,
  needs: 'fold',
  vectorsPerUpdate: 1,
  uniformMean: true,
  ...(training ? { training } : {}),
  start: () => ({ numbers: {}, vectors: {} }),
  weigh: bySamples,
  apply: (state, global, aggregate) => ({ state, model: moved(global, meanOf(aggregate)) }),
});
