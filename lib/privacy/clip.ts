/** Clipping to a bound on the Euclidean norm, which is what all noise here is measured by. */
import type { Kernels } from '../core/kernels';
import { RefusedError } from '../refused';

export type ClippingKernels = Pick<Kernels, 'clip' | 'norm'>;

export interface Clipped {
  /** A fresh vector whose norm is at most the bound, not only about it. */
  vector: Float32Array;
  /** The norm before. */
  norm: number;
  clipped: boolean;
}

/** Throws RefusedError 'not-finite'. */
export function clipToNorm(vector: Float32Array, bound: number, kernels: ClippingKernels): Clipped {
  if (!(bound > 0) || bound === Number.POSITIVE_INFINITY) {
    throw new RangeError(`The clipping norm must be finite and above 0, as ${bound} is not`);
  }
  const copy = vector.slice();
  const norm = kernels.norm(copy);
  if (!Number.isFinite(norm)) {
    throw new RefusedError('not-finite', 'The update holds NaN or infinity: the training that made it has diverged.');
  }
  if (norm > bound) {
    kernels.clip(copy, bound);
    // Rounding to float32 may leave the norm a little above the bound, and the proof wants it below.
    for (let slack = 2 ** -23; kernels.norm(copy) > bound; slack *= 2) kernels.clip(copy, bound * (1 - slack));
  }
  return { vector: copy, norm, clipped: norm > bound };
}
