/**
 * By size: an update that would move the model by less than `threshold` of its norm stays. With what is held back added each
 * time, even the smallest change gets there in the end.
 */
import type { RuleOf } from './rule';

export const byNorm: RuleOf<'norm'> =
  ({ threshold }) =>
  ({ norm, modelNorm }) => {
    const share = norm / modelNorm;
    if (!(share < threshold)) return undefined;
    return `Not worth sending: it changes the model by ${share.toExponential(1)} of its norm, less than ${threshold}.`;
  };
