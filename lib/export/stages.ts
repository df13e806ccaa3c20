/** A model as the chain of operators that a .tflite file holds, with the numbers still as float. */
import { layoutOf } from '../model/layout';
import { refuse } from '../model/reader';
import { layerName, product, shapesOf } from '../model/shapes';
import { type Activation, type LayerSpec, LEAKY_SLOPE, type ModelSpec } from '../model/spec';
import { layerTensors } from '../model/tensors';
import { isWeighted, type WeightedLayer } from '../model/weighted';
import type { Normalisation } from '../training/engine';
import type { OperatorOptions } from './graph';
import { affineOf, foldable } from './normalise';
import type { OperatorName } from './schema';
import { type Learned, learnedOf } from './weights';

/** What a range is measured of: the output of a layer, before or after its own activation. */
export interface Measured {
  layer: number;
  linear: boolean;
}

export interface Stage {
  name: string;
  operator: OperatorName;
  options: OperatorOptions;
  /** With the batch of 1. */
  shape: number[];
  learned?: Learned;
  /** Of its output; absent: it keeps its input's codes, or has codes of its own. */
  measured?: Measured;
}

/** The activations that are operators of their own. */
const apart: Partial<Record<Activation, { operator: OperatorName; options: OperatorOptions }>> = {
  leaky_relu: { operator: 'LEAKY_RELU', options: { kind: 'leakyRelu', slope: LEAKY_SLOPE } },
  tanh: { operator: 'TANH', options: { kind: 'none' } },
  sigmoid: { operator: 'LOGISTIC', options: { kind: 'none' } },
  softmax: { operator: 'SOFTMAX', options: { kind: 'softmax' } },
};

const isOneDimensional = (layer: LayerSpec): boolean => layer.type.endsWith('1d');

const operators: Record<WeightedLayer['type'], OperatorName> = {
  dense: 'FULLY_CONNECTED',
  conv1d: 'CONV_2D',
  conv2d: 'CONV_2D',
  depthwise_conv2d: 'DEPTHWISE_CONV_2D',
};

function weightedOptions(layer: WeightedLayer): OperatorOptions {
  const relu = layer.activation === 'relu';
  if (layer.type === 'dense') return { kind: 'fullyConnected', relu };
  const padding = layer.padding ?? 'valid';
  if (layer.type === 'conv1d') return { kind: 'conv2d', relu, padding, strides: [1, layer.strides ?? 1] };
  const strides = layer.strides ?? [1, 1];
  if (layer.type === 'conv2d') return { kind: 'conv2d', relu, padding, strides };
  return { kind: 'depthwise', relu, padding, strides, multiplier: layer.depthMultiplier ?? 1 };
}

function poolStage(layer: LayerSpec, name: string, shape: number[]): Stage {
  if (layer.type === 'max_pool1d' || layer.type === 'average_pool1d') {
    const operator = layer.type === 'max_pool1d' ? 'MAX_POOL_2D' : 'AVERAGE_POOL_2D';
    const { poolSize, strides = poolSize, padding = 'valid' } = layer;
    return { name, operator, options: { kind: 'pool2d', size: [1, poolSize], strides: [1, strides], padding }, shape };
  }
  if (layer.type === 'max_pool2d' || layer.type === 'average_pool2d') {
    const operator = layer.type === 'max_pool2d' ? 'MAX_POOL_2D' : 'AVERAGE_POOL_2D';
    const { poolSize, strides = poolSize, padding = 'valid' } = layer;
    return { name, operator, options: { kind: 'pool2d', size: poolSize, strides, padding }, shape };
  }
  return refuse(`${name} cannot be written as .tflite; export the tfjs files, or change the layer.`);
}

/** Scales and shifts each feature: an operator of its own, a depthwise convolution over one pixel that has all of them. */
function normaliseStage(normalisation: Normalisation): Stage {
  const { gain, shift } = affineOf(normalisation);
  const count = gain.length;
  return {
    name: 'normalise',
    operator: 'DEPTHWISE_CONV_2D',
    options: { kind: 'depthwise', relu: false, padding: 'valid', strides: [1, 1], multiplier: 1 },
    shape: [1, 1, 1, count],
    learned: { shape: [1, 1, 1, count], axis: 3, values: Float32Array.from(gain), bias: Float32Array.from(shift) },
  };
}

/** Throws RefusedError for a layer that TensorFlow Lite has no operator for. */
export function checkExpressible(spec: ModelSpec): void {
  for (const [index, layer] of spec.layers.entries()) {
    if (layer.type !== 'foreign') continue;
    refuse(
      `${layerName(index, layer)} cannot be written as .tflite; leave .tflite and the C header out, or change the layer.`,
    );
  }
}

/**
 * `normalisation`: what the file is to do by itself; absent: it takes normalised features (or features that need none).
 * Throws RefusedError when the model cannot be expressed.
 */
export function stagesOf(spec: ModelSpec, weights: Float32Array, normalisation?: Normalisation): Stage[] {
  checkExpressible(spec);
  const shapes = shapesOf(spec);
  const { tensors } = layoutOf(spec);
  const fold = normalisation && foldable(spec, affineOf(normalisation));
  const stages: Stage[] = [];
  let now = [1, ...spec.input];
  const push = (stage: Stage): void => {
    stages.push(stage);
    now = stage.shape;
  };
  const reshape = (shape: number[]): void => {
    if (shape.join() === now.join()) return;
    push({ name: `reshape_${stages.length}`, operator: 'RESHAPE', options: { kind: 'reshape', shape }, shape });
  };
  if (normalisation && !fold) {
    reshape([1, 1, 1, product(spec.input)]);
    push(normaliseStage(normalisation));
    reshape([1, ...spec.input]);
  }
  let slot = 0;
  for (const [index, layer] of spec.layers.entries()) {
    const [input, output] = [shapes[index], shapes[index + 1]];
    const name = `${layer.type}_${index + 1}`;
    if (layer.type === 'flatten') {
      reshape([1, ...output]);
      continue;
    }
    // Convolution and pooling over steps go over an image that is one pixel high.
    const image = isOneDimensional(layer);
    reshape(image ? [1, 1, ...input] : [1, ...input]);
    const shape = image ? [1, 1, ...output] : [1, ...output];
    if (!isWeighted(layer)) {
      push(poolStage(layer, name, shape));
      continue;
    }
    const own = layerTensors(layer, input, index).map((_, i) => {
      const { offset, size } = tensors[slot + i];
      return weights.subarray(offset, offset + size);
    });
    slot += own.length;
    const activation = apart[layer.activation];
    push({
      name,
      operator: operators[layer.type],
      options: weightedOptions(layer),
      shape,
      learned: learnedOf(layer, input, own[0], own[1], fold?.layer === index ? fold.affine : undefined),
      measured: { layer: index, linear: activation !== undefined },
    });
    if (!activation) continue;
    // A leaky ReLU has a range of its own; the others have codes that never differ.
    const measured = layer.activation === 'leaky_relu' ? { layer: index, linear: false } : undefined;
    push({ name: `${name}/${layer.activation}`, ...activation, shape, measured });
  }
  reshape([1, ...shapes[shapes.length - 1]]);
  return stages;
}
