/** By what it brings: an update whose training lowered the loss by less than `threshold` of what it was stays. */
import type { RuleOf } from './rule';

export const byLoss: RuleOf<'loss'> =
  ({ threshold }) =>
  ({ lossBefore, lossAfter }) => {
    // A loss that nobody told holds nothing back.
    if (lossBefore === undefined || lossAfter === undefined || lossBefore === 0) return undefined;
    const fall = (lossBefore - lossAfter) / Math.abs(lossBefore);
    if (!(fall < threshold)) return undefined;
    return `Not worth sending: the loss fell by ${(100 * fall).toFixed(1)} %, less than ${100 * threshold} %.`;
  };
