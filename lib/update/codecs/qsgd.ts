/**
 * QSGD (Alistarh et al., NIPS 2017, arXiv 1610.02132): each number of a bucket becomes a whole number of steps, up or down at random,
 * a step being the norm of the bucket over `levels`. Right on average; for n numbers in a bucket and s levels the squared error is
 * at most min(n / s^2, sqrt(n) / s) of the squared norm. Most become 0 or 1 and take few bits in Elias' omega code.
 *
 * Payload: a float32 step for each bucket of the vector (of all tensors, one behind the other; the last may be shorter), then one stream of bits,
 * the first one the lowest of its byte, spare bits 0. `coding` says how the levels of a bucket lie in it, whichever is shorter:
 * dense: of each number |level| + 1, then, unless it is 0, one bit that is 1 below 0; sparse: how many are not 0, plus 1; then of
 * each of those its distance from the last (of the first: its place, from 1), that bit, and |level|.
 */
import { randomInt } from 'node:crypto';
import type { Kernels } from '../../core/kernels';
import { type CodecStep, RefusedError } from '../message';
import { vectorSize } from '../vector';
import { badParameters, isFactor, requireBytes, requireFactor, requireVector, tooLarge } from './checks';
import type { Coder } from './codec';

export interface QsgdOptions {
  /** 1 to 255. Default 16. */
  levels?: number;
  /** Numbers of a bucket, 1 to 32,767. Default 512. */
  bucket?: number;
  /** Of the rounding; absent: from the operating system. */
  seed?: number;
}

export type QsgdKernels = Pick<Kernels, 'allFinite' | 'buckets' | 'bucketsBack'>;

export const mostLevels = 255;
export const defaultLevels = 16;
const MOST_BUCKET = 32_767;
/** Of one number at most: its distance, its sign, its level. */
const MOST_BITS = 23 + 1 + 16;

function plan(levels: unknown, bucket: unknown): { most: number; bucket: number } {
  const whole = (value: unknown, most: number): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most;
  if (!whole(levels, mostLevels)) return badParameters(`QSGD needs a whole number of levels from 1 to ${mostLevels}.`);
  if (!whole(bucket, MOST_BUCKET)) return badParameters(`QSGD needs buckets of 1 to ${MOST_BUCKET} numbers.`);
  return { most: levels, bucket };
}

export const qsgdWith = (kernels: QsgdKernels): Coder<QsgdOptions> => ({
  name: 'qsgd',
  role: 'coder',

  encode(vector, tensors, { levels = defaultLevels, bucket = 512, seed = randomInt(0x100000000) }) {
    const { most } = plan(levels, bucket);
    requireVector(vector, tensors, kernels);
    const { steps, sparse, bytes } = kernels.buckets(vector, { bucket, most, seed });
    if (!steps.every((step) => isFactor(step, most))) tooLarge();
    const payload = Buffer.allocUnsafe(4 * steps.length + bytes.length);
    steps.forEach((step, index) => {
      payload.writeFloatLE(step, 4 * index);
    });
    payload.set(bytes, 4 * steps.length);
    const step: CodecStep = { name: 'qsgd', levels, bucket, coding: sparse ? 'sparse' : 'dense' };
    return { payload, step };
  },

  decode(payload, { levels, bucket: size, coding }, tensors) {
    const { most, bucket } = plan(levels, size);
    if (coding !== 'sparse' && coding !== 'dense') badParameters('The coding of QSGD must be sparse or dense.');
    const length = vectorSize(tensors);
    const count = Math.ceil(length / bucket);
    // How long it is depends on the numbers; nothing is shorter or longer than this.
    const least = 4 * count + Math.ceil((coding === 'dense' ? length : count) / 8);
    const longest = 4 * count + Math.ceil((MOST_BITS * (length + count)) / 8);
    requireBytes(payload, least, longest);
    const steps = Float32Array.from({ length: count }, (_, index) =>
      requireFactor(payload.readFloatLE(4 * index), most),
    );
    const sparse = coding === 'sparse';
    const vector = kernels.bucketsBack(payload.subarray(4 * count), length, { bucket, most, sparse, steps });
    if (vector) return vector;
    throw new RefusedError('payload-size', 'The payload does not hold just the levels of the numbers of this model.');
  },
});
