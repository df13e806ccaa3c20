/**
 * FedDyn at a client (Acar 2021, arXiv 2111.04263): its loss has the terms -<h_k, w> + alpha/2 |w - w0|^2, so each gradient
 * -h_k + alpha (w - w0); then h_k <- h_k - alpha (w_k - w0), which is the gradient at w_k where the loss is least there.
 */
import { requireFinite } from './finite';
import type { ClientRule } from './rule';

export const feddyn = (alpha: number): ClientRule => ({
  vectors: 0,
  // 0 - h, as -0 is not needed.
  terms: ({ state }, options) => ({ options: { ...options, proximal: alpha }, control: state.map((h) => 0 - h) }),
  after: ({ state }, { change }) => ({
    state: requireFinite(state.map((h, i) => h - alpha * change[i])),
    further: [],
  }),
});
