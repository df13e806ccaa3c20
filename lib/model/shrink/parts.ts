/** A network as its layers, each with numbers of its own that may be changed. */
import { layoutOf } from '../layout';
import { shapesOf } from '../shapes';
import type { LayerSpec, ModelSpec, Padding } from '../spec';
import { layerTensors } from '../tensors';
import { isWeighted, type WeightedLayer } from '../weighted';

/** A dense or convolutional layer. The kernel is row major with the outputs fastest; a row is one tap of one input. */
export interface Weighted {
  layer: WeightedLayer;
  outputs: number;
  kernel: Float32Array;
  bias?: Float32Array;
  /** Some windows hang over the edge, where they see zeros. */
  pads: boolean;
}

export interface Other {
  layer: Exclude<LayerSpec, WeightedLayer>;
  numbers: Float32Array;
}

export type Part = Weighted | Other;

export const isWeightedPart = (part: Part): part is Weighted => 'kernel' in part;

/** TensorFlow's 'same' pads only where the windows do not fit of themselves. */
const hangsOver = (input: number, kernel: number, stride: number): boolean =>
  (Math.ceil(input / stride) - 1) * stride + kernel > input;

function padsOf(layer: WeightedLayer, input: readonly number[]): boolean {
  if (layer.type === 'dense') return false;
  const isSame = (padding: Padding = 'valid'): boolean => padding === 'same';
  if (layer.type === 'conv1d') {
    return isSame(layer.padding) && hangsOver(input[0], layer.kernelSize, layer.strides ?? 1);
  }
  const strides = layer.strides ?? [1, 1];
  return (
    isSame(layer.padding) && layer.kernelSize.some((kernel, axis) => hangsOver(input[axis], kernel, strides[axis]))
  );
}

/** `weights` is not changed by what is done to the parts. */
export function partsOf(spec: Pick<ModelSpec, 'input' | 'layers'>, weights: Float32Array): Part[] {
  const shapes = shapesOf(spec);
  const { tensors } = layoutOf(spec);
  let slot = 0;
  return spec.layers.map((layer, index): Part => {
    const own = layerTensors(layer, shapes[index], index).map((_, i) => tensors[slot + i]);
    slot += own.length;
    const numbers = own.map(({ offset, size }) => weights.slice(offset, offset + size));
    if (!isWeighted(layer)) {
      const [first] = own;
      const size = own.reduce((sum, one) => sum + one.size, 0);
      return { layer, numbers: first ? weights.slice(first.offset, first.offset + size) : new Float32Array(0) };
    }
    const [kernel, bias] = numbers;
    return { layer, outputs: own[0].channels, kernel, bias, pads: padsOf(layer, shapes[index]) };
  });
}

/** The vector of the network that the parts are. */
export function weightsOf(parts: readonly Part[]): Float32Array {
  const pieces = parts.flatMap((part) =>
    isWeightedPart(part) ? [part.kernel, ...(part.bias ? [part.bias] : [])] : [part.numbers],
  );
  const weights = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    weights.set(piece, at);
    at += piece.length;
  }
  return weights;
}
