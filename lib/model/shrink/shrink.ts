/** A network without the units that pruning has left dead. */
import type { ModelSpec } from '../spec';
import { partsOf, weightsOf } from './parts';
import { shrinkSpan, spansOf } from './span';

export interface Shrunk {
  spec: ModelSpec;
  weights: Float32Array;
  /** Units and filters that were taken out. */
  units: number;
}

/**
 * The same function in a smaller network: outputs differ by the rounding of sums in another order. A unit of a dense layer or filter of
 * a convolution is dead when no weight leads to it (its output is then a constant, which goes into the bias of the next layer),
 * or none leads from it. It stays where leaving it out would not be exact: a constant other than 0 in front of a convolution with
 * padding, whose edges see zeros instead; units whose channels do not all die in a depthwise layer; anything in front of a layer that
 * only tfjs runs. One unit of each layer stays. `weights`: in the layout of `spec`, not changed. The result is never larger.
 */
export function shrink(spec: ModelSpec, weights: Float32Array): Shrunk {
  const parts = partsOf(spec, weights);
  const spans = spansOf(parts);
  let units = 0;
  // What goes in one layer may leave the one before it unseen, or the one behind it constant.
  for (let gone = 1; gone > 0; units += gone) gone = spans.reduce((sum, span) => sum + shrinkSpan(span), 0);
  const small = weightsOf(parts);
  if (small.length >= weights.length) return { spec, weights, units: 0 };
  return { spec: { ...spec, layers: parts.map(({ layer }) => layer) }, weights: small, units };
}
