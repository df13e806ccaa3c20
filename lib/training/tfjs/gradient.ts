/** Loss and gradient of a batch, as a part of the mean over all rows that it belongs to. */
import type { Scalar, Variable } from '@tensorflow/tfjs';
import type { TrainJob } from '../engine';
import type { Batch } from './batches';
import { forward, inputOf } from './forward';
import type { TensorFlow } from './load';
import { batchLosses } from './loss';
import type { FlatModel } from './model';

export interface GradientOf {
  /** Rows that the mean is over. */
  rows: number;
  /** Dropout and the like as in training, and moving averages change. */
  training: boolean;
}

/** Adds the batch's part of the mean gradient to `gradient`; returns the sum of the samples' losses. */
export function addGradient(
  tf: TensorFlow,
  flat: FlatModel,
  job: TrainJob,
  batch: Batch,
  of: GradientOf,
  gradient: Float32Array,
): number {
  return tf.tidy(() => {
    const variables: Variable[] = flat.slots.filter(({ trainable }) => trainable).map(({ variable }) => variable);
    const { value, grads } = tf.variableGrads(() => batchLoss(tf, flat, job, batch, of), variables);
    for (const { variable, offset, trainable } of flat.slots) {
      const slope = trainable && grads[variable.name]?.dataSync<'float32'>();
      if (slope) for (let i = 0; i < slope.length; i++) gradient[offset + i] += slope[i];
    }
    return value.dataSync<'float32'>()[0] * of.rows;
  });
}

/** The batch's part of the mean loss. */
export function batchLoss(tf: TensorFlow, flat: FlatModel, job: TrainJob, batch: Batch, of: GradientOf): Scalar {
  const outputs = forward(tf, flat, job.spec, inputOf(tf, job.spec, batch.features), of.training);
  const losses = batchLosses(tf, { ...job, focalGamma: job.options.focalGamma }, outputs, batch);
  return losses.sum().mul(batch.part).div<Scalar>(of.rows);
}
