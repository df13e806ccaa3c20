/**
 * Where each tensor of a model lies in its flat parameter vector. Order and shapes are those of Keras and tfjs
 * (layer by layer: kernel, then bias), so that a vector means the same to every engine.
 */
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
