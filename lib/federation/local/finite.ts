import { RefusedError } from '../../refused';

export function requireFinite(vector: Float32Array): Float32Array {
  if (vector.every(Number.isFinite)) return vector;
  throw new RefusedError('not-finite', 'The training has diverged: lower the learning rate or scale the inputs.');
}
