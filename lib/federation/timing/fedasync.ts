/**
 * FedAsync (Xie 2019, arXiv 1903.03934): w <- (1 - a_t) w + a_t w_k with a_t = a s(t), for each update by itself. w_k is what
 * the client sent, exactly: the model that it was given is kept as long as an answer to it may come, and the update is made
 * to be against the present model first (`rebase`), so that w <- w + a_t (w_k - w).
 */
import { moved } from '../strategies/moved';
import type { Strategy } from '../strategies/strategy';
import type { StalenessWeight } from './staleness';

export const fedasync = (mixing: number, weight: StalenessWeight): Strategy => ({
  name: 'fedasync',
  needs: 'fold',
  vectorsPerUpdate: 1,
  uniformMean: false,
  rebase: true,
  start: () => ({ numbers: {}, vectors: {} }),
  weigh: ({ staleness }) => mixing * weight(staleness),
  apply: (state, global, aggregate) => ({ state, model: moved(global, aggregate.mean(0, 1)) }),
});
