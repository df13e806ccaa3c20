/**
 * signSGD (Bernstein et al., ICML 2018, arXiv 1802.04434) with a scale (Karimireddy et al., ICML 2019, arXiv 1901.09847): of each number its
 * sign, for each tensor the mean magnitude. The nearest to the tensor that its signs allow, with an error of
 * 1 - |v|_1^2 / (n |v|_2^2) of the squared norm; never right on average, so that it wants error feedback.
 *
 * Payload: a float32 magnitude for each tensor, then for each tensor one bit a number, 1 above 0, least significant first, each
 * tensor beginning on a byte of its own.
 */
import type { Kernels } from '../../core/kernels';
import type { CodecStep } from '../message';
import { requireVector } from './checks';
import type { Coder } from './codec';
import { packTensors, unpackTensors } from './factored';

const bytesOf = (size: number): number => Math.ceil(size / 8);

export const signWith = (kernels: Pick<Kernels, 'allFinite'>): Coder<unknown> => ({
  name: 'sign',
  role: 'coder',

  encode(vector, tensors) {
    requireVector(vector, tensors, kernels);
    const payload = packTensors(vector, tensors, {
      bytesOf,
      pack(part, _index, codes) {
        let sum = 0;
        for (let i = 0; i < part.length; i++) {
          sum += Math.abs(part[i]);
          if (part[i] > 0) codes[i >> 3] |= 1 << (i & 7);
        }
        return sum / part.length;
      },
    });
    const step: CodecStep = { name: 'sign' };
    return { payload, step };
  },

  decode: (payload, _step, tensors) =>
    unpackTensors(payload, tensors, {
      bytesOf,
      unpack(codes, magnitude, part) {
        for (let i = 0; i < part.length; i++) part[i] = (codes[i >> 3] >> (i & 7)) & 1 ? magnitude : -magnitude;
      },
    }),
});
