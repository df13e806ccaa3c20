/** A specification as a Keras Sequential model's JSON, as tfjs reads it. */
import { foreignKind } from './foreign/table';
import { anyFields } from './reader';
import { shapesOf } from './shapes';
import { type Activation, type LayerSpec, LEAKY_SLOPE, type ModelSpec } from './spec';
import { layerTensors } from './tensors';

export interface KerasLayer {
  class_name: string;
  config: Record<string, unknown> & { name: string };
}

export interface Topology {
  class_name: 'Sequential';
  config: { name: string; layers: KerasLayer[] };
}

export interface TopologyOptions {
  /** Leave out the last activation: the model then gives logits. */
  logits?: boolean;
  /** All tensors start as zeros, which is quick; for weights that are set afterwards. */
  zeros?: boolean;
}

/** Class of the layer that lib/training/tfjs/reset-after-gru.ts gives to tfjs. */
export const RESET_AFTER_GRU = 'ResetAfterGru';

const zeros = { class_name: 'Zeros', config: {} };
const zeroInitializers = {
  kernel_initializer: zeros,
  recurrent_initializer: zeros,
  bias_initializer: zeros,
  depthwise_initializer: zeros,
  embeddings_initializer: zeros,
};

function settings(
  layer: LayerSpec,
  input: readonly number[],
  output: readonly number[],
): [className: string, config: Record<string, unknown>] {
  switch (layer.type) {
    case 'dense':
      return ['Dense', { units: layer.units }];
    case 'conv1d':
      return [
        'Conv1D',
        {
          filters: layer.filters,
          kernel_size: [layer.kernelSize],
          strides: [layer.strides ?? 1],
          padding: layer.padding ?? 'valid',
        },
      ];
    case 'conv2d':
      return [
        'Conv2D',
        {
          filters: layer.filters,
          kernel_size: layer.kernelSize,
          strides: layer.strides ?? [1, 1],
          padding: layer.padding ?? 'valid',
        },
      ];
    case 'depthwise_conv2d':
      return [
        'DepthwiseConv2D',
        {
          kernel_size: layer.kernelSize,
          depth_multiplier: layer.depthMultiplier ?? 1,
          strides: layer.strides ?? [1, 1],
          padding: layer.padding ?? 'valid',
        },
      ];
    case 'max_pool1d':
    case 'average_pool1d':
      return [
        layer.type === 'max_pool1d' ? 'MaxPooling1D' : 'AveragePooling1D',
        {
          pool_size: [layer.poolSize],
          strides: [layer.strides ?? layer.poolSize],
          padding: layer.padding ?? 'valid',
        },
      ];
    case 'max_pool2d':
    case 'average_pool2d':
      return [
        layer.type === 'max_pool2d' ? 'MaxPooling2D' : 'AveragePooling2D',
        { pool_size: layer.poolSize, strides: layer.strides ?? layer.poolSize, padding: layer.padding ?? 'valid' },
      ];
    case 'flatten':
      // tfjs's Flatten refuses what is flat already.
      return input.length > 1 ? ['Flatten', {}] : ['Reshape', { target_shape: [...output] }];
    case 'foreign': {
      const kind = foreignKind(layer.className, layer.className);
      // An axis left open (-1) confuses the layers that follow in tfjs.
      if (layer.className === 'Reshape') return ['Reshape', { target_shape: [...output] }];
      return recurrent(layer.className, kind.parse(anyFields(layer.config, layer.className), layer.className));
    }
  }
}

/** tfjs has no GRU that resets after the product: the tfjs engine brings one. */
function recurrent(
  className: string,
  config: Record<string, unknown>,
): [className: string, config: Record<string, unknown>] {
  if (className !== 'GRU' || config.reset_after !== true) return [className, config];
  const { reset_after, ...settings } = config;
  return [RESET_AFTER_GRU, settings];
}

/** `more` also goes to the layer that is wrapped, which needs a name for its tensors. */
function extended(
  className: string,
  name: string,
  config: Record<string, unknown>,
  more: Record<string, unknown>,
): KerasLayer['config'] {
  if (className !== 'Bidirectional') return { name, ...config, ...more };
  const inner = anyFields(config.layer, className);
  const settings = Object.fromEntries(anyFields(inner.get('config'), className));
  const [innerName, plain] = recurrent(String(inner.get('class_name')), settings);
  const layer = { class_name: innerName, config: { name, ...plain, ...more } };
  return { name, ...config, ...more, layer };
}

/**
 * `owners[i]` is the Keras layer that owns the tensors of specification layer i, with how many they are. A leaky ReLU,
 * which is no activation of tfjs, becomes a layer of its own.
 */
export function kerasTopology(
  spec: Pick<ModelSpec, 'input' | 'layers'>,
  options: TopologyOptions = {},
): { topology: Topology; owners: { name: string; tensors: number }[] } {
  const shapes = shapesOf(spec);
  const head = spec.layers.length - 1;
  const layers: KerasLayer[] = [];
  const owners: { name: string; tensors: number }[] = [];
  for (const [index, layer] of spec.layers.entries()) {
    const [className, plain] = settings(layer, shapes[index], shapes[index + 1]);
    const name = `layer_${index + 1}_${className.toLowerCase()}`;
    const config = extended(className, name, plain, options.zeros ? zeroInitializers : {});
    if (index === 0) config.batch_input_shape = [null, ...spec.input];
    let activation: Activation = 'linear';
    if ('activation' in layer) {
      if (!(options.logits && index === head)) activation = layer.activation;
      config.activation = activation === 'leaky_relu' ? 'linear' : activation;
      config.use_bias = layer.useBias ?? true;
    }
    layers.push({ class_name: className, config });
    if (activation === 'leaky_relu') {
      layers.push({ class_name: 'LeakyReLU', config: { name: `${name}_leaky`, alpha: LEAKY_SLOPE } });
    }
    owners.push({ name, tensors: layerTensors(layer, shapes[index], index).length });
  }
  return { topology: { class_name: 'Sequential', config: { name: 'model', layers } }, owners };
}
