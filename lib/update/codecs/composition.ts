/** Which operations on an update may follow which, as data. */
import { RefusedError } from '../message';

/**
 * noise: fl-dp-noise; part: layers left out by a setting; select: sparsify, prune; code: quantize; mask: secure aggregation.
 * Noise may follow a part: which layers those are does not depend on the data, and what stays at home needs none.
 */
export type Operation = 'noise' | 'part' | 'select' | 'code' | 'mask';

interface Rule {
  next: Operation;
  after: Operation;
  /** One sentence that says what to change. */
  because: string;
}

export const refusedOrders: readonly Rule[] = [
  {
    next: 'noise',
    after: 'code',
    because: 'Privacy noise must be added to the numbers themselves: put the fl-dp-noise node before fl-quantize.',
  },
  {
    next: 'noise',
    after: 'select',
    because:
      'Which numbers were left out already tells about the data: put the fl-dp-noise node before the node that drops numbers.',
  },
  {
    next: 'noise',
    after: 'noise',
    because: 'This update already carries privacy noise: keep one fl-dp-noise node on its way.',
  },
  {
    next: 'noise',
    after: 'mask',
    because: 'A masked update cannot be clipped: put the fl-dp-noise node before the mask.',
  },
  ...(['part', 'select', 'code', 'mask'] as const).map(
    (after): Rule => ({
      next: 'part',
      after,
      because: 'The layers that stay at home are left out once, by the client, before anything else is done.',
    }),
  ),
  {
    next: 'select',
    after: 'code',
    because: 'Quantised numbers cannot be compared any more: put the node that drops numbers before fl-quantize.',
  },
  {
    next: 'select',
    after: 'mask',
    because: 'Masked numbers all look alike: put the node that drops numbers before the mask.',
  },
  {
    next: 'code',
    after: 'code',
    because: 'This update is already quantised: keep one fl-quantize node on its way.',
  },
  {
    next: 'code',
    after: 'mask',
    because: 'A masked update cannot be quantised any more: put fl-quantize before the mask.',
  },
  { next: 'mask', after: 'mask', because: 'This update is already masked: keep one masking node on its way.' },
];

/** Throws RefusedError 'codec-order' when `next` may not follow what was `done`. */
export function checkOrder(next: Operation, done: readonly Operation[]): void {
  for (const rule of refusedOrders) {
    if (rule.next === next && done.includes(rule.after)) throw new RefusedError('codec-order', rule.because);
  }
}
