/**
 * SCAFFOLD at a client (Karimireddy 2020, arXiv 1910.06378): y <- y - lr (g(y) - c_i + c), then c_i+ is the gradient at the
 * model that came (option I), or c_i - c + (w - y) / (K lr) (option II). dc = c_i+ - c_i goes behind dy.
 */
import { RefusedError } from '../../refused';
import { requireFinite } from './finite';
import type { ClientRule } from './rule';

export const scaffold = (option: 1 | 2): ClientRule => ({
  vectors: 1,
  terms({ state, further: [c] }, options) {
    const control = c.map((value, i) => value - state[i]);
    return { options, control, ...(option === 1 ? { atStart: { gradient: true } } : {}) };
  },
  after({ state, further: [c] }, { change, steps, startGradient }, { learningRate }) {
    let next: Float32Array;
    if (option === 1) {
      if (!startGradient) {
        throw new RefusedError(
          'no-gradient',
          'What learns here cannot tell the gradient at the start: choose option 2 of SCAFFOLD in the aggregator.',
        );
      }
      next = startGradient;
    } else {
      if (!(steps > 0)) throw new RefusedError('no-steps', 'The training took no step: give the client samples.');
      next = state.map((own, i) => own - c[i] - change[i] / (steps * learningRate));
    }
    const difference = next.map((value, i) => value - state[i]);
    return { state: requireFinite(next), further: [requireFinite(difference)] };
  },
});
