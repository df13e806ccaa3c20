/** The tensors of a layer, from the order of Keras to that of TensorFlow Lite. */
import type { WeightedLayer } from '../model/weighted';
import type { Affine } from './normalise';

export interface Learned {
  /** dense [out, in]; convolution [out, height, width, in]; depthwise [1, height, width, out]. */
  shape: number[];
  /** Of the output channels. */
  axis: number;
  values: Float32Array;
  /** One for each output channel. */
  bias: Float32Array;
}

/** [rows, outputs] to [outputs, rows]. */
function transposed(values: Float32Array, outputs: number): Float32Array {
  const rows = values.length / outputs;
  const result = new Float32Array(values.length);
  for (let o = 0; o < outputs; o++) {
    for (let r = 0; r < rows; r++) result[o * rows + r] = values[r * outputs + o];
  }
  return result;
}

/**
 * With `affine` (a gain and shift for each input channel) the layer computes from x what it did from gain * x + shift.
 * `kernel` is row major with the outputs last, so that number i belongs to output i mod outputs.
 */
export function learnedOf(
  layer: WeightedLayer,
  input: readonly number[],
  kernel: Float32Array,
  bias: Float32Array | undefined,
  affine: Affine | undefined,
): Learned {
  const channels = input[input.length - 1];
  const depthwise = layer.type === 'depthwise_conv2d';
  const multiplier = depthwise ? (layer.depthMultiplier ?? 1) : 1;
  const outputs = depthwise ? channels * multiplier : layer.type === 'dense' ? layer.units : layer.filters;
  const sums = Float64Array.from({ length: outputs }, (_, o) => bias?.[o] ?? 0);
  let values = kernel;
  if (affine) {
    values = new Float32Array(kernel.length);
    for (let i = 0; i < kernel.length; i++) {
      const output = i % outputs;
      const channel = depthwise ? Math.floor(output / multiplier) : Math.floor(i / outputs) % channels;
      values[i] = kernel[i] * affine.gain[channel];
      sums[output] += kernel[i] * affine.shift[channel];
    }
  }
  const sums32 = Float32Array.from(sums);
  switch (layer.type) {
    case 'dense':
      return { shape: [outputs, channels], axis: 0, values: transposed(values, outputs), bias: sums32 };
    case 'conv1d':
      return {
        shape: [outputs, 1, layer.kernelSize, channels],
        axis: 0,
        values: transposed(values, outputs),
        bias: sums32,
      };
    case 'conv2d':
      return {
        shape: [outputs, ...layer.kernelSize, channels],
        axis: 0,
        values: transposed(values, outputs),
        bias: sums32,
      };
    case 'depthwise_conv2d':
      return { shape: [1, ...layer.kernelSize, outputs], axis: 3, values: values.slice(), bias: sums32 };
  }
}
