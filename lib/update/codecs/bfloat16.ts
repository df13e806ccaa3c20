/**
 * The upper half of each float32, rounded to nearest, ties to even: 8 significant bits whatever the magnitude, so that each number
 * errs by at most 1/256 of itself (below 2^-126: by 2^-134), small ones beside large ones too. No scale, no setting.
 *
 * Payload: two bytes a number, little-endian.
 */
import type { Kernels } from '../../core/kernels';
import { RefusedError } from '../message';
import { vectorSize } from '../vector';
import { requireBytes, requireVector, tooLarge } from './checks';
import type { Coder } from './codec';

/** Infinity, and what is none, from here on; without the sign. */
const NOT_FINITE = 0x7f80;

export const bfloat16With = (kernels: Pick<Kernels, 'allFinite'>): Coder<unknown> => ({
  name: 'bfloat16',
  role: 'coder',

  encode(vector, tensors) {
    requireVector(vector, tensors, kernels);
    const bits = new Uint32Array(vector.buffer, vector.byteOffset, vector.length);
    const payload = Buffer.allocUnsafe(2 * vector.length);
    for (let i = 0; i < bits.length; i++) {
      const half = (bits[i] + 0x7fff + ((bits[i] >>> 16) & 1)) >>> 16;
      if ((half & 0x7fff) >= NOT_FINITE) tooLarge();
      payload[2 * i] = half & 0xff;
      payload[2 * i + 1] = half >>> 8;
    }
    return { payload, step: { name: 'bfloat16' } };
  },

  decode(payload, _step, tensors) {
    const length = vectorSize(tensors);
    requireBytes(payload, 2 * length);
    const vector = new Float32Array(length);
    const bits = new Uint32Array(vector.buffer);
    for (let i = 0; i < length; i++) {
      const half = payload[2 * i] | (payload[2 * i + 1] << 8);
      if ((half & 0x7fff) >= NOT_FINITE) {
        throw new RefusedError('not-finite', 'A number of the quantised payload is NaN or infinite.');
      }
      bits[i] = half << 16;
    }
    return vector;
  },
});
