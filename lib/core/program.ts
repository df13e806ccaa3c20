/** From a model specification to the words that core/program.h describes. */
import { outputActivation } from '../model/parse-spec';
import type { Activation, LayerSpec, Loss, ModelSpec, Padding } from '../model/spec';
import { RefusedError } from '../refused';

const VERSION = 1;
const activations: Activation[] = ['linear', 'relu', 'leaky_relu', 'tanh', 'sigmoid', 'softmax'];
const losses: Loss[] = ['softmax_cross_entropy', 'sigmoid_cross_entropy', 'mean_squared_error', 'huber'];
const targets = { classify: 0, 'multi-label': 1, regress: 1, anomaly: 2 };
const types = { dense: 0, conv: 1, depthwise: 2, max: 3, average: 4, flatten: 5 };

export interface Plan {
  /** Most rows in a batch. */
  batch: number;
  /** Vectors of optimiser state: 0 for SGD, 1 with momentum, 2 for Adam. */
  slots: number;
  /** false: forward only. */
  training: boolean;
}

interface Window {
  kernel: [number, number];
  strides?: [number, number];
  padding?: Padding;
}

interface Learned {
  activation: Activation;
  useBias?: boolean;
}

function words(type: number, units: number, window?: Window, learned?: Learned, multiplier = 1): number[] {
  const [height, width] = window?.kernel ?? [1, 1];
  const [down, right] = window?.strides ?? [1, 1];
  return [
    type,
    learned ? activations.indexOf(learned.activation) : 0,
    units,
    height,
    width,
    down,
    right,
    window?.padding === 'same' ? 1 : 0,
    multiplier,
    learned && learned.useBias !== false ? 1 : 0,
    0,
    0,
  ];
}

function layerWords(layer: LayerSpec): number[] {
  switch (layer.type) {
    case 'dense':
      return words(types.dense, layer.units, undefined, layer);
    case 'conv1d': {
      const window: Window = {
        kernel: [1, layer.kernelSize],
        strides: [1, layer.strides ?? 1],
        padding: layer.padding,
      };
      return words(types.conv, layer.filters, window, layer);
    }
    case 'conv2d':
      return words(types.conv, layer.filters, { ...layer, kernel: layer.kernelSize }, layer);
    case 'depthwise_conv2d':
      return words(types.depthwise, 1, { ...layer, kernel: layer.kernelSize }, layer, layer.depthMultiplier ?? 1);
    case 'max_pool1d':
    case 'average_pool1d': {
      const type = layer.type === 'max_pool1d' ? types.max : types.average;
      const strides: [number, number] = [1, layer.strides ?? layer.poolSize];
      return words(type, 1, { kernel: [1, layer.poolSize], strides, padding: layer.padding });
    }
    case 'max_pool2d':
    case 'average_pool2d': {
      const type = layer.type === 'max_pool2d' ? types.max : types.average;
      return words(type, 1, {
        kernel: layer.poolSize,
        strides: layer.strides ?? layer.poolSize,
        padding: layer.padding,
      });
    }
    case 'flatten':
      return words(types.flatten, 1);
    case 'foreign':
      throw new RefusedError('model', `The engine "core" has no layer ${layer.className}.`);
  }
}

/** [height, width, channels]: a vector is one pixel, a sequence one row of pixels. */
function image(input: readonly number[]): number[] {
  return [...Array<number>(3 - input.length).fill(1), ...input];
}

/** The layers without a last flatten, which changes nothing in a flat vector: so the head comes last. */
function withoutTail(layers: readonly LayerSpec[]): LayerSpec[] {
  const head = layers.findLastIndex((layer) => layer.type !== 'flatten');
  return layers.slice(0, head + 1);
}

export function programOf(spec: ModelSpec, plan: Plan): Int32Array {
  const layers = withoutTail(spec.layers);
  return Int32Array.from([
    VERSION,
    losses.indexOf(spec.loss),
    targets[spec.task],
    plan.batch,
    plan.slots,
    plan.training ? 1 : 0,
    ...image(spec.input),
    layers.length,
    ...layers.flatMap(layerWords),
  ]);
}

/** One sentence for each thing in the model that core does not do. */
export function missing(spec: ModelSpec): string[] {
  const sentences = spec.layers.flatMap((layer, index) =>
    layer.type === 'foreign' ? [`Layer ${index + 1} (${layer.className}) is not in the engine "core".`] : [],
  );
  const activation = outputActivation(spec.layers);
  if (spec.loss === 'softmax_cross_entropy' && activation !== 'softmax' && activation !== 'linear') {
    sentences.push('The engine "core" takes the loss softmax_cross_entropy only with a softmax or linear output.');
  }
  if (spec.loss === 'sigmoid_cross_entropy' && activation !== 'sigmoid' && activation !== 'linear') {
    sentences.push('The engine "core" takes the loss sigmoid_cross_entropy only with a sigmoid or linear output.');
  }
  return sentences;
}

/** The sentences for core/program.h's refusals. */
export function refusalOf(code: number): RefusedError {
  if (code === -2) return new RefusedError('model', 'A layer has a size or activation that the engine "core" lacks.');
  if (code === -3) return new RefusedError('model', 'A kernel is larger than its input: make it smaller or pad it.');
  if (code === -4) {
    return new RefusedError('memory', 'The model needs too much memory: make its layers or the batch size smaller.');
  }
  if (code === -5)
    return new RefusedError('model', 'The loss, the last activation and the targets do not go together.');
  if (code === -6) return new RefusedError('samples', 'A sample has a class that the model does not have.');
  return new RefusedError('model', 'The engine "core" cannot read this model.');
}
