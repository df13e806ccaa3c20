/**
 * DRIVE (Vargaftik et al., NeurIPS 2021, arXiv 2105.08339): the signs of the rotated numbers, one bit each, and a scale. With the
 * unbiased scale the squared error is about 0.571 (pi/2 - 1) of the squared norm, with the other about 0.363 (1 - 2/pi).
 * Without the rotation it is the signs of the numbers themselves, which no vote of many clients makes right on average.
 */
import { randomInt } from 'node:crypto';
import type { CodecStep } from '../message';
import { badParameters } from './checks';
import type { Coder } from './codec';
import { decodeRotated, encodeRotated, type Plan, type RotatedKernels, type Scale, seedOf } from './rotated';

export interface DriveOptions {
  /** Default 'hadamard'. */
  rotation?: 'hadamard' | 'none';
  /** Default 'unbiased'. */
  scale?: Scale;
  /** Of the rotation; absent: from the operating system. Goes with the update, so that it can be undone. */
  seed?: number;
}

const signs = Float32Array.of(-1, 1);

const plan = (rotation: unknown, seed: unknown): Plan => {
  if (rotation === 'none') return { bits: 1, levels: signs };
  if (rotation === 'hadamard') return { bits: 1, levels: signs, seed: seedOf(seed) };
  return badParameters('The rotation of DRIVE must be hadamard or none.');
};

export const driveWith = (kernels: RotatedKernels): Coder<DriveOptions> => ({
  name: 'drive',
  role: 'coder',
  encode(vector, tensors, { rotation = 'hadamard', scale = 'unbiased', seed = randomInt(0x100000000) }) {
    const payload = encodeRotated(kernels, vector, tensors, plan(rotation, seed), scale);
    const step: CodecStep = { name: 'drive', rotation, scale, ...(rotation === 'none' ? {} : { seed }) };
    return { payload, step };
  },
  decode: (payload, { rotation, seed }, tensors) => decodeRotated(kernels, payload, tensors, plan(rotation, seed)),
});
