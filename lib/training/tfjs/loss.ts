/** Loss of each sample, as tensors of the batch's length. Cross-entropies take logits, the gamma of the focal loss, and a teacher. */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Loss } from '../../model/spec';
import type { TrainJob } from '../engine';
import type { Batch } from './batches';
import type { TensorFlow } from './load';

/** (1 - p)^gamma times the cross-entropy -log p (Lin 2017, arXiv 1708.02002); 1 - p is kept off 0, where the power has no slope. */
function focal<T extends Tensor>(tf: TensorFlow, crossEntropy: T, unlikely: T, gamma: number): T {
  return gamma > 0 ? crossEntropy.mul<T>(tf.pow(unlikely.maximum<T>(1e-30), gamma)) : crossEntropy;
}

/** max(x, 0) - x y + log(1 + exp(-|x|)), the mean over the outputs. */
const sigmoidLosses = (logits: Tensor2D, targets: Tensor2D): Tensor1D =>
  logits.relu().sub(logits.mul(targets)).add(logits.abs().neg().exp().log1p()).mean<Tensor1D>(1);

/** `outputs` n x outputs; `targets` n x 1 class indices for cross-entropies, else n x outputs values. */
function sampleLosses(tf: TensorFlow, loss: Loss, outputs: Tensor2D, targets: Tensor2D, gamma: number): Tensor1D {
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
      return sigmoidLosses(outputs, targets);
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

/** T^2 times the cross-entropy of the outputs, softened with T, against a teacher's (Hinton 2015, arXiv 1503.02531). */
function softenedLosses(
  tf: TensorFlow,
  loss: Loss,
  outputs: Tensor2D,
  taught: Tensor2D,
  temperature: number,
): Tensor1D {
  const cool = outputs.div<Tensor2D>(temperature);
  const crossEntropy =
    loss === 'softmax_cross_entropy'
      ? tf.logSoftmax(cool).mul(taught).sum<Tensor1D>(1).neg<Tensor1D>()
      : sigmoidLosses(cool, taught);
  return crossEntropy.mul(temperature * temperature);
}

/** What is learned from: the spec's loss and a teacher's share. */
export type LossOf = Pick<TrainJob, 'spec' | 'soft'> & { focalGamma?: number };

/** Of each sample of a batch, with its class weight: (1 - share) target + share T^2 softened, as the core has it. */
export function batchLosses(
  tf: TensorFlow,
  { spec, soft, focalGamma = 0 }: LossOf,
  outputs: Tensor2D,
  batch: Batch,
): Tensor1D {
  const { count, targets, weights, taught } = batch;
  const rows = (values: Float32Array): Tensor2D => tf.tensor2d(values, [count, values.length / count]);
  const told = (): Tensor1D =>
    sampleLosses(tf, spec.loss, outputs, rows(targets), focalGamma).mul<Tensor1D>(tf.tensor1d(weights));
  if (!soft || !taught) return told();
  const softened = softenedLosses(tf, spec.loss, outputs, rows(taught), soft.temperature).mul<Tensor1D>(soft.share);
  // With all of it the teacher's, the targets are not looked at.
  return soft.share >= 1
    ? softened
    : told()
        .mul<Tensor1D>(1 - soft.share)
        .add<Tensor1D>(softened);
}
