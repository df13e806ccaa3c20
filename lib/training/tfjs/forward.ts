/** Rows through the layers of a tfjs model. */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs';
import { inputSize, outputSize } from '../../model/shapes';
import type { ModelSpec } from '../../model/spec';
import type { TensorFlow } from './load';
import type { FlatModel } from './model';

export const giveWay = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const inputOf = (tf: TensorFlow, spec: ModelSpec, features: Float32Array): Tensor =>
  tf.tensor(features, [features.length / inputSize(spec), ...spec.input]);

/** To n x outputs: logits for a classifier. */
export function forward(tf: TensorFlow, flat: FlatModel, spec: ModelSpec, input: Tensor, training: boolean): Tensor2D {
  const output = flat.model.apply(input, { training });
  if (!(output instanceof tf.Tensor)) throw new Error('tfjs gave more than one output.');
  return output.reshape<Tensor2D>([input.shape[0], outputSize(spec)]);
}
