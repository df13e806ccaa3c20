/** The layers whose numbers are a kernel, the outputs fastest, and a bias. */
import type { Conv1dLayer, Conv2dLayer, DenseLayer, DepthwiseConv2dLayer, LayerSpec } from './spec';

export type WeightedLayer = DenseLayer | Conv1dLayer | Conv2dLayer | DepthwiseConv2dLayer;

export const isWeighted = (layer: LayerSpec): layer is WeightedLayer =>
  layer.type === 'dense' || layer.type === 'conv1d' || layer.type === 'conv2d' || layer.type === 'depthwise_conv2d';
