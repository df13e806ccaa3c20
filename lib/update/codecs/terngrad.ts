/**
 * TernGrad (Wen et al., NIPS 2017, arXiv 1705.07878): each number of a tensor becomes -step, 0 or step, at random, so that it is
 * right on average. The step is the greatest magnitude; the rare numbers that are longer than `clipping` times the root of
 * the mean square are cut to that first, which makes the step, and with it the error of all others, much smaller. (The paper
 * takes the deviation from the mean in place of that from 0: a tensor of equal numbers would be lost.)
 *
 * Payload: a float32 step for each tensor, then for each tensor its trits: 0, 1 for step, 2 for -step; five in a byte, the
 * first one the lowest of its digits in base 3; each tensor begins on a byte of its own. 1.6 bits a number.
 */
import { randomInt } from 'node:crypto';
import type { Kernels } from '../../core/kernels';
import { streamSeed } from '../../random/generator';
import type { CodecStep } from '../message';
import { badParameters, requireVector } from './checks';
import type { Coder } from './codec';
import { packTensors, unpackTensors } from './factored';

export interface TernGradOptions {
  /** Roots of the mean square, above 0; 0: nothing is cut. Default 2.5. */
  clipping?: number;
  /** Of the rounding; absent: from the operating system. */
  seed?: number;
}

export type TernGradKernels = Pick<Kernels, 'allFinite' | 'norm' | 'ranges' | 'trits' | 'tritsBack'>;

const bytesOf = (size: number): number => Math.ceil(size / 5);

export function terngradWith(kernels: TernGradKernels): Coder<TernGradOptions> {
  const stepOf = (part: Float32Array, clipping: number): number => {
    const greatest = Math.max(...kernels.ranges(part, 1).map(Math.abs));
    const bound = clipping > 0 ? (clipping * kernels.norm(part)) / Math.sqrt(part.length) : Number.POSITIVE_INFINITY;
    return Math.min(greatest, bound);
  };

  return {
    name: 'terngrad',
    role: 'coder',

    encode(vector, tensors, { clipping = 2.5, seed = randomInt(0x100000000) }) {
      if (!(clipping >= 0 && clipping <= 1000))
        badParameters('The clipping of TernGrad must be a number from 0 to 1000.');
      requireVector(vector, tensors, kernels);
      const payload = packTensors(vector, tensors, {
        bytesOf,
        pack(part, index, codes) {
          const step = Math.fround(stepOf(part, clipping));
          codes.set(kernels.trits(part, step, streamSeed(seed, index)));
          return step;
        },
      });
      const step: CodecStep = { name: 'terngrad', clipping };
      return { payload, step };
    },

    decode: (payload, _step, tensors) =>
      unpackTensors(payload, tensors, {
        bytesOf,
        unpack(codes, step, part) {
          const back = kernels.tritsBack(codes, part.length, step);
          part.set(back ?? badParameters('A byte of the payload holds no five trits.'));
        },
      }),
  };
}
