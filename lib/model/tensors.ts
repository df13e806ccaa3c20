/** The tensors that each layer owns, in Keras order, and how they start. */
import type { ForeignTensor } from './foreign/kind';
import { foreignTensors } from './foreign/table';
import { layerName } from './shapes';
import type { LayerSpec } from './spec';

export interface LayerTensor extends ForeignTensor {
  /** Output channels: the fastest-varying part. */
  channels: number;
}

export function layerTensors(layer: LayerSpec, input: readonly number[], index: number): LayerTensor[] {
  if (layer.type === 'foreign') {
    return foreignTensors(layer, input, layerName(index, layer)).map((tensor) => ({
      ...tensor,
      channels: tensor.shape[tensor.shape.length - 1],
    }));
  }
  let shape: number[];
  let channels: number;
  switch (layer.type) {
    case 'dense':
      channels = layer.units;
      shape = [input[input.length - 1], channels];
      break;
    case 'conv1d':
      channels = layer.filters;
      shape = [layer.kernelSize, input[1], channels];
      break;
    case 'conv2d':
      channels = layer.filters;
      shape = [...layer.kernelSize, input[2], channels];
      break;
    case 'depthwise_conv2d':
      channels = input[2] * (layer.depthMultiplier ?? 1);
      shape = [...layer.kernelSize, input[2], layer.depthMultiplier ?? 1];
      break;
    default:
      return [];
  }
  const name = layer.type === 'depthwise_conv2d' ? 'depthwise_kernel' : 'kernel';
  const kernel: LayerTensor = {
    name,
    shape,
    channels,
    start: layer.initializer ?? 'glorot_uniform',
    trainable: true,
  };
  if (layer.useBias === false) return [kernel];
  return [kernel, { name: 'bias', shape: [channels], channels, start: 'zeros', trainable: true }];
}
