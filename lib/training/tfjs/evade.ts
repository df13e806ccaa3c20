/** The rows of a batch moved against the model, as the core moves them (core/adversary.h). */
import type { Scalar, Tensor } from '@tensorflow/tfjs';
import { generator } from '../../random/generator';
import type { EvasionOptions } from '../engine';
import { wholeEvasion } from '../evasion-options';
import type { Batch } from './batches';
import { forward, inputOf } from './forward';
import type { TensorFlow } from './load';
import { batchLosses, type LossOf } from './loss';
import type { FlatModel } from './model';

/** A number from -1 to 1 for each feature of each row that pgd starts from. */
export function randomStart(seed: number): () => number {
  const random = generator(seed, 'adversary');
  return () => ((random.uint32() >>> 8) - 2 ** 23) / 2 ** 23;
}

/** The normalised features of the batch, moved. Dropout and moving averages are left alone. */
export function moveBatch(
  tf: TensorFlow,
  flat: FlatModel,
  of: LossOf,
  batch: Batch,
  evasion: EvasionOptions,
  start: () => number,
): Float32Array {
  const { method, epsilon, steps, stepSize } = wholeEvasion(evasion);
  return tf.tidy(() => {
    const { spec } = of;
    const slope = tf.grad((x: Tensor) => batchLosses(tf, of, forward(tf, flat, spec, x, false), batch).sum<Scalar>());
    const origin = inputOf(tf, spec, batch.features);
    if (method === 'fgsm') return origin.add(slope(origin).sign().mul(epsilon)).dataSync<'float32'>().slice();
    const [low, high] = [origin.sub(epsilon), origin.add(epsilon)];
    let x = inputOf(
      tf,
      spec,
      batch.features.map((one) => one + epsilon * start()),
    );
    for (let step = 0; step < steps; step++) {
      x = tf.tidy(() => x.add(slope(x).sign().mul(stepSize)).minimum(high).maximum(low));
    }
    return x.dataSync<'float32'>().slice();
  });
}
