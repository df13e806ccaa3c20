/**
 * signSGD (Bernstein et al., ICML 2018, arXiv 1802.04434) with a scale (Karimireddy et al., ICML 2019, arXiv 1901.09847): of each number its
 * sign, for each tensor the mean magnitude. The nearest to the tensor that its signs allow, with an error of
 * 1 - |v|_1^2 / (n |v|_2^2) of the squared norm; never right on average, so that it wants error feedback.
 *
 * Payload: a float32 magnitude for each tensor, then for each tensor one bit a number, 1 above 0, least significant first, each
 * tensor beginning on a byte of its own.
 */
import type { Kernels } from '../../core/kernels';
import type { CodecStep, TensorSizes } from '../message';
import { vectorSize } from '../vector';
import { requireBytes, requireFactor, requireVector } from './checks';
import type { Coder } from './codec';

const bytesOf = (size: number): number => Math.ceil(size / 8);
const payloadBytes = (tensors: TensorSizes): number => tensors.reduce((sum, [size]) => sum + 4 + bytesOf(size), 0);

export const signWith = (kernels: Pick<Kernels, 'allFinite'>): Coder<unknown> => ({
  name: 'sign',
  role: 'coder',

  encode(vector, tensors) {
    requireVector(vector, tensors, kernels);
    const payload = Buffer.alloc(payloadBytes(tensors));
    let at = 4 * tensors.length;
    let start = 0;
    for (const [index, [size]] of tensors.entries()) {
      let sum = 0;
      for (let i = 0; i < size; i++) {
        const value = vector[start + i];
        sum += Math.abs(value);
        if (value > 0) payload[at + (i >> 3)] |= 1 << (i & 7);
      }
      payload.writeFloatLE(sum / size, 4 * index);
      at += bytesOf(size);
      start += size;
    }
    const step: CodecStep = { name: 'sign' };
    return { payload, step };
  },

  decode(payload, _step, tensors) {
    requireBytes(payload, payloadBytes(tensors));
    const vector = new Float32Array(vectorSize(tensors));
    let at = 4 * tensors.length;
    let start = 0;
    for (const [index, [size]] of tensors.entries()) {
      const magnitude = requireFactor(payload.readFloatLE(4 * index));
      for (let i = 0; i < size; i++) {
        vector[start + i] = (payload[at + (i >> 3)] >> (i & 7)) & 1 ? magnitude : -magnitude;
      }
      at += bytesOf(size);
      start += size;
    }
    return vector;
  },
});
