/**
 * An average over a padded window divides by what lies inside of the input. tfjs 4.22 does so forwards, but its gradient
 * divides by the whole window; here the layer is made of steps whose gradients are right.
 */
import type { LayersModel, Tensor, Tensor4D } from '@tensorflow/tfjs';
import type { LayerSpec } from '../../model/spec';
import type { TensorFlow } from './load';

type Layer = LayersModel['layers'][number];
type Window = { size: [number, number]; strides: [number, number] };

function windowOf(spec: LayerSpec): Window | undefined {
  if (spec.type === 'average_pool1d' && spec.padding === 'same') {
    return { size: [spec.poolSize, 1], strides: [spec.strides ?? spec.poolSize, 1] };
  }
  if (spec.type === 'average_pool2d' && spec.padding === 'same') {
    return { size: spec.poolSize, strides: spec.strides ?? spec.poolSize };
  }
  return undefined;
}

/** Zeros before and after, as TensorFlow pads. */
function padding(length: number, size: number, stride: number): [number, number] {
  const total = Math.max((Math.ceil(length / stride) - 1) * stride + size - length, 0);
  return [total >> 1, total - (total >> 1)];
}

function average(tf: TensorFlow, input: Tensor, { size, strides }: Window): Tensor {
  const flat = input.rank === 3;
  const image: Tensor4D = flat ? input.expandDims(2) : input.as4D(...shape4(input.shape));
  const [, height, width] = image.shape;
  const sides: [number, number][] = [
    [0, 0],
    padding(height, size[0], strides[0]),
    padding(width, size[1], strides[1]),
    [0, 0],
  ];
  const share = (of: Tensor4D): Tensor4D => tf.avgPool(tf.pad(of, sides), size, strides, 'valid');
  // The share of ones is how much of each window lies inside.
  const pooled = share(image).div(share(tf.ones([1, height, width, 1])));
  return flat ? pooled.squeeze([2]) : pooled;
}

const shape4 = (shape: number[]): [number, number, number, number] => [shape[0], shape[1], shape[2], shape[3]];

/** Changes the layer in place when it is one of those. */
export function mendPaddedAverage(tf: TensorFlow, layer: Layer, spec: LayerSpec): void {
  const window = windowOf(spec);
  if (!window) return;
  layer.call = (inputs) => tf.tidy(() => average(tf, Array.isArray(inputs) ? inputs[0] : inputs, window));
}
