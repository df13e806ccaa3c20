import { RefusedError } from '../../refused';
import { allFinite } from '../../update/vector';

export function requireFinite(vector: Float32Array): Float32Array {
  if (allFinite(vector)) return vector;
  throw new RefusedError('not-finite', 'The training has diverged: lower the learning rate or scale the inputs.');
}
