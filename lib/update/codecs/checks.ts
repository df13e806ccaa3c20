/** What every coder asks before it works. */
import type { Kernels } from '../../core/kernels';
import { RefusedError, type TensorSizes } from '../message';
import { requireFinite, vectorSize } from '../vector';

/** Throws RefusedError 'codec-parameters'. */
export const badParameters = (message: string): never => {
  throw new RefusedError('codec-parameters', message);
};

export const tooLarge = (): never =>
  badParameters('The numbers of the vector are too large to quantise: the training has diverged.');

/** Before coding: the length of the tensors ('codec-parameters'), finite numbers ('not-finite'). */
export function requireVector(
  vector: Float32Array,
  tensors: TensorSizes,
  kernels: Pick<Kernels, 'allFinite'>,
): Float32Array {
  if (vector.length !== vectorSize(tensors)) badParameters('The vector does not have the length of its tensors.');
  return requireFinite(vector, kernels);
}

/** Before decoding, and before anything is allocated: throws RefusedError 'payload-size'. */
export function requireBytes(payload: Buffer, least: number, most = least): void {
  if (payload.length >= least && payload.length <= most) return;
  const wanted = least === most ? `${least}` : `${least} to ${most}`;
  throw new RefusedError(
    'payload-size',
    `The quantised payload has ${payload.length} bytes where this model takes ${wanted}.`,
  );
}

/** A factor of the payload by which no number may become more than float32 holds, `most` times: throws RefusedError 'not-finite'. */
export function requireFactor(factor: number, most = 1): number {
  if (isFactor(factor, most)) return factor;
  throw new RefusedError('not-finite', 'A scale of the quantised payload is below 0 or too large.');
}

const largest = 3.4028234663852886e38;

export const isFactor = (factor: number, most = 1): boolean => factor >= 0 && factor * most <= largest;
