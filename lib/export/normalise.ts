/** The normalisation of the features, put into the network so that it takes them as they are measured. */
import { product } from '../model/shapes';
import type { LayerSpec, ModelSpec } from '../model/spec';
import type { Normalisation } from '../training/engine';

/** y = gain * x + shift, for each feature. */
export interface Affine {
  gain: Float64Array;
  shift: Float64Array;
}

export const affineOf = ({ mean, std }: Normalisation): Affine => ({
  gain: Float64Array.from(std, (one) => 1 / one),
  shift: Float64Array.from(mean, (one, i) => -one / std[i]),
});

/** One gain and shift for each channel (the last axis), when all positions of a channel have the same; else undefined. */
function perChannel({ gain, shift }: Affine, channels: number): Affine | undefined {
  const same = gain.every((one, i) => one === gain[i % channels] && shift[i] === shift[i % channels]);
  return same ? { gain: gain.slice(0, channels), shift: shift.slice(0, channels) } : undefined;
}

/**
 * The gain and shift of each input channel of the first layer with weights, when the normalisation can become part of its
 * weights without changing what it computes; undefined when it must stay a step of its own: behind another layer, where
 * the positions of a channel differ, or where padding adds zeros that are not to be shifted.
 */
export function foldable(spec: ModelSpec, affine: Affine): { layer: number; affine: Affine } | undefined {
  const layer = spec.layers.findIndex(({ type }) => type !== 'flatten');
  const first: LayerSpec | undefined = spec.layers[layer];
  if (!first) return undefined;
  const flat = layer > 0 || spec.input.length === 1;
  const channels = flat ? product(spec.input) : spec.input[spec.input.length - 1];
  const padded = 'padding' in first && first.padding === 'same';
  const weighted = first.type === 'dense' || first.type.startsWith('conv') || first.type === 'depthwise_conv2d';
  const folded = weighted && !padded ? perChannel(affine, channels) : undefined;
  return folded && { layer, affine: folded };
}
