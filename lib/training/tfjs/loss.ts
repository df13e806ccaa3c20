/** Loss of each sample, as tensors of the batch's length. Cross-entropies take logits. */
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Loss } from '../../model/spec';
import type { TensorFlow } from './load';

/** `outputs` n x outputs; `targets` n x 1 class indices for cross-entropies, else n x outputs values. */
export function sampleLosses(tf: TensorFlow, loss: Loss, outputs: Tensor2D, targets: Tensor2D): Tensor1D {
  switch (loss) {
    case 'softmax_cross_entropy': {
      const classes = targets.reshape<Tensor1D>([-1]).toInt();
      const chosen = tf.oneHot(classes, outputs.shape[1]).toFloat();
      return tf.logSoftmax(outputs).mul(chosen).sum<Tensor1D>(1).neg();
    }
    case 'sigmoid_cross_entropy': {
      // max(x, 0) - x y + log(1 + exp(-|x|))
      const soft = outputs.abs().neg().exp().log1p();
      return outputs.relu().sub(outputs.mul(targets)).add(soft).mean<Tensor1D>(1);
    }
    case 'mean_squared_error':
      return outputs.sub(targets).square().mean<Tensor1D>(1);
    case 'huber': {
      // q^2 / 2 up to |error| = 1, then |error| - 1/2, with q = min(|error|, 1)
      const error = outputs.sub(targets).abs();
      const near = tf.minimum(error, 1);
      return near.square().mul(0.5).add(error.sub(near)).mean<Tensor1D>(1);
    }
  }
}
