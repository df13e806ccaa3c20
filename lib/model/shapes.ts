/** Shapes through the layers, without the batch. 'same' and 'valid' padding are TensorFlow's. */
import { foreignShape } from './foreign/table';
import { limits } from './limits';
import { refuse } from './reader';
import type { LayerSpec, ModelSpec, Padding } from './spec';

export const product = (shape: readonly number[]): number => shape.reduce((all, one) => all * one, 1);

export const layerName = (index: number, layer: LayerSpec): string =>
  `Layer ${index + 1} (${layer.type === 'foreign' ? layer.className : layer.type})`;

function slide(input: number, kernel: number, stride: number, padding: Padding, where: string): number {
  if (padding === 'same') return Math.ceil(input / stride);
  if (kernel > input) {
    return refuse(`${where}: its kernel of ${kernel} is larger than its input of ${input}; make it smaller or pad it.`);
  }
  return Math.floor((input - kernel) / stride) + 1;
}

function needs(input: readonly number[], rank: number, where: string): void {
  if (input.length === rank) return;
  const wanted = rank === 2 ? '[steps, channels]' : '[height, width, channels]';
  refuse(`${where} needs ${wanted}, but gets [${input.join(', ')}]; change the input shape or the layers before it.`);
}

/** Output shape of one layer. Throws RefusedError when the input does not fit it. */
export function outputShape(layer: LayerSpec, input: readonly number[], where: string): number[] {
  switch (layer.type) {
    case 'dense':
      return [...input.slice(0, -1), layer.units];
    case 'conv1d': {
      needs(input, 2, where);
      const steps = slide(input[0], layer.kernelSize, layer.strides ?? 1, layer.padding ?? 'valid', where);
      return [steps, layer.filters];
    }
    case 'conv2d':
    case 'depthwise_conv2d': {
      needs(input, 3, where);
      const strides = layer.strides ?? [1, 1];
      const padding = layer.padding ?? 'valid';
      const channels = layer.type === 'conv2d' ? layer.filters : input[2] * (layer.depthMultiplier ?? 1);
      return [
        slide(input[0], layer.kernelSize[0], strides[0], padding, where),
        slide(input[1], layer.kernelSize[1], strides[1], padding, where),
        channels,
      ];
    }
    case 'max_pool1d':
    case 'average_pool1d':
      needs(input, 2, where);
      return [
        slide(input[0], layer.poolSize, layer.strides ?? layer.poolSize, layer.padding ?? 'valid', where),
        input[1],
      ];
    case 'max_pool2d':
    case 'average_pool2d': {
      needs(input, 3, where);
      const strides = layer.strides ?? layer.poolSize;
      const padding = layer.padding ?? 'valid';
      return [
        slide(input[0], layer.poolSize[0], strides[0], padding, where),
        slide(input[1], layer.poolSize[1], strides[1], padding, where),
        input[2],
      ];
    }
    case 'flatten':
      return [product(input)];
    case 'foreign':
      return foreignShape(layer, input, where);
  }
}

/** shapes[i] is the input of layer i, and shapes[layers.length] the output of the model. */
export function shapesOf(spec: Pick<ModelSpec, 'input' | 'layers'>): number[][] {
  const shapes = [[...spec.input]];
  for (const [index, layer] of spec.layers.entries()) {
    const where = layerName(index, layer);
    const shape = outputShape(layer, shapes[index], where);
    if (product(shape) > limits.activations) {
      refuse(`${where} gives ${product(shape)} numbers a sample, more than ${limits.activations}; make it smaller.`);
    }
    shapes.push(shape);
  }
  return shapes;
}

/** Numbers that the layers get. */
export const inputSize = (spec: Pick<ModelSpec, 'input'>): number => product(spec.input);

/** Numbers of a sample as it comes: the inputs of the backbone, where there is one. */
export const sampleSize = (spec: Pick<ModelSpec, 'input' | 'backbone'>): number =>
  spec.backbone?.inputs ?? inputSize(spec);

export function outputSize(spec: Pick<ModelSpec, 'input' | 'layers'>): number {
  const shapes = shapesOf(spec);
  return product(shapes[shapes.length - 1]);
}

/** Numbers a sample carries as its target: the class index, a 0 or 1 for each label, the values, or nothing (anomaly: the input itself). */
export function targetWidth(spec: Pick<ModelSpec, 'task' | 'input' | 'layers'>): number {
  return spec.task === 'classify' ? 1 : spec.task === 'anomaly' ? 0 : outputSize(spec);
}
