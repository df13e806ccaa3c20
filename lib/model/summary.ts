/** What a person wants to know of a model before it is trained or sent to a board. */
import { layoutOf } from './layout';
import { product, shapesOf } from './shapes';
import type { LayerSpec, ModelSpec } from './spec';
import { layerTensors } from './tensors';

export interface LayerSummary {
  /** For example "conv1d" or "LSTM". */
  name: string;
  output: number[];
  parameters: number;
  /** Multiply-adds of one forward pass over one sample. */
  multiplyAdds: number;
}

export interface ModelSummary {
  input: number[];
  layers: LayerSummary[];
  parameters: number;
  /** Of the float32 parameter vector. */
  bytes: number;
  multiplyAdds: number;
}

function multiplyAdds(layer: LayerSpec, input: readonly number[], output: readonly number[], index: number): number {
  const kernels = layerTensors(layer, input, index).filter((tensor) => tensor.shape.length > 1);
  const kernelSize = kernels.reduce((sum, tensor) => sum + product(tensor.shape), 0);
  switch (layer.type) {
    case 'dense':
    case 'conv1d':
      return kernelSize * product(output.slice(0, -1));
    case 'conv2d':
    case 'depthwise_conv2d':
      return kernelSize * output[0] * output[1];
    case 'foreign': {
      if (layer.className === 'Embedding') return 0;
      if (layer.className === 'Conv2DTranspose') return kernelSize * input[0] * input[1];
      // A kernel is used once for each position: of the output for a convolution, of the input for a recurrent layer.
      const along = layer.className.startsWith('Conv') ? output : input;
      return kernelSize * product(along.slice(0, -1));
    }
    default:
      return kernelSize;
  }
}

export function summarise(spec: ModelSpec): ModelSummary {
  const shapes = shapesOf(spec);
  const layers = spec.layers.map((layer, index): LayerSummary => {
    const owned = layerTensors(layer, shapes[index], index);
    return {
      name: layer.type === 'foreign' ? layer.className : layer.type,
      output: shapes[index + 1],
      parameters: owned.reduce((sum, tensor) => sum + product(tensor.shape), 0),
      multiplyAdds: multiplyAdds(layer, shapes[index], shapes[index + 1], index),
    };
  });
  const parameters = layoutOf(spec).size;
  return {
    input: [...spec.input],
    layers,
    parameters,
    bytes: 4 * parameters,
    multiplyAdds: layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0),
  };
}
