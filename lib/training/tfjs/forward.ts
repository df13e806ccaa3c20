/** Rows through the layers of a tfjs model. */
import type { Tensor2D } from '@tensorflow/tfjs';
import { inputSize, outputSize } from '../../model/shapes';
import type { ModelSpec } from '../../model/spec';
import type { TensorFlow } from './load';
import type { FlatModel } from './model';

export const giveWay = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** To n x outputs: logits for a classifier. */
export function forward(
  tf: TensorFlow,
  flat: FlatModel,
  spec: ModelSpec,
  features: Float32Array,
  training: boolean,
): Tensor2D {
  const rows = features.length / inputSize(spec);
  const input = tf.tensor(features, [rows, ...spec.input]);
  const output = flat.model.apply(input, { training });
  if (!(output instanceof tf.Tensor)) throw new Error('tfjs gave more than one output.');
  return output.reshape<Tensor2D>([rows, outputSize(spec)]);
}
