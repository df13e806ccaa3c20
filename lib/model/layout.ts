/**
 * Where each tensor of a model lies in its flat parameter vector. Order and shapes are those of Keras and tfjs
 * (layer by layer: kernel, then bias), so that a vector means the same to every engine.
 */
import { limits } from './limits';
import { refuse } from './reader';
import { product, shapesOf } from './shapes';
import type { ModelSpec } from './spec';
import { layerTensors } from './tensors';

export interface TensorSlot {
  /** For example "dense_1/kernel". */
  name: string;
  /** Keras shape: dense [in, out]; conv1d [k, in, out]; conv2d [h, w, in, out]; depthwise [h, w, in, multiplier]; bias [out]. */
  shape: number[];
  /** First element, counted in numbers. */
  offset: number;
  /** How many numbers. */
  size: number;
  /** How many output channels: the fastest-varying part of the tensor, `size` is a multiple of it. */
  channels: number;
  trainable: boolean;
}

export interface Layout {
  tensors: TensorSlot[];
  /** Length of the whole vector. */
  size: number;
}

/** Names count per kind of layer from 1: dense_1, dense_2, lstm_1. Throws RefusedError when shapes do not fit. */
export function layoutOf(spec: Pick<ModelSpec, 'input' | 'layers'>): Layout {
  const shapes = shapesOf(spec);
  const counts = new Map<string, number>();
  const tensors: TensorSlot[] = [];
  let offset = 0;
  for (const [index, layer] of spec.layers.entries()) {
    const kind = layer.type === 'foreign' ? layer.className.toLowerCase() : layer.type;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    for (const { name, shape, channels, trainable } of layerTensors(layer, shapes[index], index)) {
      const size = product(shape);
      tensors.push({ name: `${kind}_${count}/${name}`, shape, offset, size, channels, trainable });
      offset += size;
    }
    if (offset > limits.parameters) {
      refuse(`The model has more than ${limits.parameters} parameters; make its layers smaller.`);
    }
  }
  return { tensors, size: offset };
}
