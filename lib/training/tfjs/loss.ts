/** Loss of each sample, as tensors of the batch's length. Cross-entropies take logits, and the gamma of the focal loss. */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Loss } from '../../model/spec';
import type { TensorFlow } from './load';

/** (1 - p)^gamma times the cross-entropy -log p (Lin 2017, arXiv 1708.02002); 1 - p is kept off 0, where the power has no slope. */
function focal<T extends Tensor>(tf: TensorFlow, crossEntropy: T, unlikely: T, gamma: number): T {
  return gamma > 0 ? crossEntropy.mul<T>(tf.pow(unlikely.maximum<T>(1e-30), gamma)) : crossEntropy;
}

/** `outputs` n x outputs; `targets` n x 1 class indices for cross-entropies, else n x outputs values. */
export function sampleLosses(
  tf: TensorFlow,
  loss: Loss,
  outputs: Tensor2D,
  targets: Tensor2D,
  gamma: number,
): Tensor1D {
  switch (loss) {
    case 'softmax_cross_entropy': {
      const classes = targets.reshape<Tensor1D>([-1]).toInt();
      const chosen = tf.oneHot(classes, outputs.shape[1]).toFloat();
      const crossEntropy = tf.logSoftmax(outputs).mul(chosen).sum<Tensor1D>(1).neg();
      return focal(tf, crossEntropy, crossEntropy.neg().expm1().neg(), gamma);
    }
    case 'sigmoid_cross_entropy': {
      if (gamma > 0) {
        const yes = focal(tf, outputs.neg().softplus(), outputs.neg().sigmoid(), gamma).mul(targets);
        const no = focal(tf, outputs.softplus(), outputs.sigmoid(), gamma).mul(tf.sub(1, targets));
        return yes.add(no).mean<Tensor1D>(1);
      }
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
