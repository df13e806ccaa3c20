/** Layers that the core has, and those that it can be made to have. */
import { product } from '../shapes';
import { activationName, addActivation } from './activation';
import {
  add,
  addForeign,
  type Building,
  biased,
  called,
  initializerOf,
  innerLayer,
  mustBe,
  paddingOf,
  positive,
  sizes,
  type Translator,
  usesBias,
} from './building';
import { refuseFile } from './refuse-file';
import type { FileLayer } from './tensor';

const nothing: readonly string[] = [];
const pairOf = (list: readonly number[]): [number, number] => [list[0], list[1]];
const lastChannels = { data_format: ['channels_last'] };

const activate = (layer: FileLayer, into: Building): void =>
  addActivation(into, activationName(layer.config.get('activation'), layer), layer);

const dense: Translator = (layer, into) => {
  mustBe(layer, { lora_rank: [0], quantization_config: [null] });
  const units = positive(layer.config.get('units'), layer, 'units');
  add(into, {
    type: 'dense',
    units,
    activation: 'linear',
    useBias: usesBias(layer),
    initializer: initializerOf(layer),
  });
  activate(layer, into);
  return biased(layer, 'kernel');
};

const convolution =
  (axes: 1 | 2): Translator =>
  (layer, into) => {
    mustBe(layer, { ...lastChannels, groups: [1], lora_rank: [0] });
    const { config } = layer;
    const filters = positive(config.get('filters'), layer, 'filters');
    const kernel = sizes(config.get('kernel_size'), axes, layer, 'kernel_size');
    const strides = sizes(config.get('strides') ?? 1, axes, layer, 'strides');
    const dilation = sizes(config.get('dilation_rate') ?? 1, axes, layer, 'dilation_rate');
    const shared = { padding: paddingOf(layer), activation: 'linear' as const, useBias: usesBias(layer) };
    const initializer = initializerOf(layer);
    if (dilation.some((one) => one > 1)) {
      const { padding, useBias } = shared;
      addForeign(into, axes === 1 ? 'Conv1D' : 'Conv2D', {
        filters,
        kernel_size: kernel,
        strides,
        dilation_rate: dilation,
        padding,
        use_bias: useBias,
      });
    } else if (axes === 1) {
      add(into, { type: 'conv1d', filters, kernelSize: kernel[0], strides: strides[0], initializer, ...shared });
    } else {
      const window = { kernelSize: pairOf(kernel), strides: pairOf(strides) };
      add(into, { type: 'conv2d', filters, ...window, initializer, ...shared });
    }
    activate(layer, into);
    return biased(layer, 'kernel');
  };

function addDepthwise(layer: FileLayer, into: Building, useBias: boolean): void {
  mustBe(layer, lastChannels);
  const { config } = layer;
  const kernelSize = sizes(config.get('kernel_size'), 2, layer, 'kernel_size');
  const strides = sizes(config.get('strides') ?? 1, 2, layer, 'strides');
  if (sizes(config.get('dilation_rate') ?? 1, 2, layer, 'dilation_rate').some((one) => one > 1)) {
    refuseFile(`${called(layer)}: dilation is not supported in it; set dilation_rate to 1.`);
  }
  add(into, {
    type: 'depthwise_conv2d',
    kernelSize: pairOf(kernelSize),
    strides: pairOf(strides),
    depthMultiplier: positive(config.get('depth_multiplier') ?? 1, layer, 'depth_multiplier'),
    padding: paddingOf(layer),
    activation: 'linear',
    useBias,
    initializer: initializerOf(layer),
  });
}

const pool =
  (kind: 'max' | 'average', axes: 1 | 2): Translator =>
  (layer, into) => {
    mustBe(layer, lastChannels);
    const size = sizes(layer.config.get('pool_size') ?? 2, axes, layer, 'pool_size');
    const strides = sizes(layer.config.get('strides') ?? size, axes, layer, 'strides');
    const padding = paddingOf(layer);
    if (axes === 1) add(into, { type: `${kind}_pool1d`, poolSize: size[0], strides: strides[0], padding });
    else add(into, { type: `${kind}_pool2d`, poolSize: pairOf(size), strides: pairOf(strides), padding });
    return nothing;
  };

/** A pool over everything, then flat. */
const globalPool =
  (kind: 'max' | 'average', axes: 1 | 2): Translator =>
  (layer, into) => {
    mustBe(layer, { ...lastChannels, keepdims: [false] });
    if (into.shape.length !== axes + 1) refuseFile(`${called(layer)} does not fit the layer before it.`);
    const [height, width] = into.shape;
    if (axes === 1) add(into, { type: `${kind}_pool1d`, poolSize: height });
    else add(into, { type: `${kind}_pool2d`, poolSize: [height, width] });
    add(into, { type: 'flatten' });
    return nothing;
  };

export const coreTranslators: Readonly<Record<string, Translator>> = {
  Dense: dense,
  TimeDistributed: (layer, into) => {
    const inner = innerLayer(layer);
    if (inner.className !== 'Dense') refuseFile(`${called(layer)} wraps ${inner.className}; only Dense is supported.`);
    return dense(inner, into);
  },
  Conv1D: convolution(1),
  Conv2D: convolution(2),
  DepthwiseConv2D: (layer, into) => {
    addDepthwise(layer, into, usesBias(layer));
    activate(layer, into);
    return biased(layer, 'depthwise_kernel|kernel');
  },
  SeparableConv2D: (layer, into) => {
    addDepthwise(layer, into, false);
    add(into, {
      type: 'conv2d',
      filters: positive(layer.config.get('filters'), layer, 'filters'),
      kernelSize: [1, 1],
      activation: 'linear',
      useBias: usesBias(layer),
    });
    activate(layer, into);
    return biased(layer, 'depthwise_kernel', 'pointwise_kernel');
  },
  MaxPooling1D: pool('max', 1),
  MaxPooling2D: pool('max', 2),
  AveragePooling1D: pool('average', 1),
  AveragePooling2D: pool('average', 2),
  GlobalAveragePooling1D: globalPool('average', 1),
  GlobalAveragePooling2D: globalPool('average', 2),
  GlobalMaxPooling1D: globalPool('max', 1),
  GlobalMaxPooling2D: globalPool('max', 2),
  Flatten: (layer, into) => {
    mustBe(layer, lastChannels);
    if (into.shape.length > 1) add(into, { type: 'flatten' });
    return nothing;
  },
  Reshape: (layer, into) => {
    const target = layer.config.get('target_shape');
    const list: unknown[] = Array.isArray(target) ? [...target] : [];
    if (into.layers.length === 0 && list.every((one) => Number(one) >= 1) && list.length > 0 && list.length <= 3) {
      const shape = list.map(Number);
      // Rows are flat anyway: the reshaped input is the model's own.
      if (product(shape) === product(into.input)) {
        into.input = shape;
        into.shape = [...shape];
        return nothing;
      }
    }
    addForeign(into, 'Reshape', { target_shape: list });
    return nothing;
  },
};
