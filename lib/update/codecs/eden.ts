/**
 * EDEN (Vargaftik et al., ICML 2022, arXiv 2108.08842): the rotated numbers to the levels that are best for normal ones (Lloyd,
 * Max), and a scale that makes it right on average. Squared error of the squared norm: 0.571, 0.133, 0.0358, 0.0096 with 1 to 4
 * bits; with the scale of least error 0.363, 0.117, 0.0345, 0.0095. With 1 bit it is DRIVE.
 */
import { randomInt } from 'node:crypto';
import type { CodecStep } from '../message';
import { badParameters } from './checks';
import type { Coder } from './codec';
import { decodeRotated, encodeRotated, type Plan, type RotatedKernels, type Scale, seedOf } from './rotated';

export interface EdenOptions {
  /** 1 to 4. */
  bits: number;
  /** Default 'unbiased'. */
  scale?: Scale;
  /** Of the rotation; absent: from the operating system. Goes with the update, so that it can be undone. */
  seed?: number;
}

/** The levels above 0 with 1, 2, 3, 4 bits; each is the mean of the normal numbers that are nearest to it. */
const above = [
  [0.7978845608],
  [0.4527800346, 1.5104176085],
  [0.2450941789, 0.7560052813, 1.3439092785, 2.1519457045],
  [0.1283950299, 0.3880482995, 0.6567591185, 0.9423404565, 1.2562311973, 1.618046386, 2.0690172265, 2.732589571],
];

const levels = above.map((some) => Float32Array.from([...some.map((level) => -level).reverse(), ...some]));

function plan(bits: unknown, seed: unknown): Plan {
  if (bits !== 1 && bits !== 2 && bits !== 3 && bits !== 4) return badParameters('EDEN needs 1, 2, 3 or 4 bits.');
  return { bits, levels: levels[bits - 1], seed: seedOf(seed) };
}

export const edenWith = (kernels: RotatedKernels): Coder<EdenOptions> => ({
  name: 'eden',
  role: 'coder',
  encode(vector, tensors, { bits, scale = 'unbiased', seed = randomInt(0x100000000) }) {
    const payload = encodeRotated(kernels, vector, tensors, plan(bits, seed), scale);
    const step: CodecStep = { name: 'eden', bits, scale, seed };
    return { payload, step };
  },
  decode: (payload, { bits, seed }, tensors) => decodeRotated(kernels, payload, tensors, plan(bits, seed)),
});
