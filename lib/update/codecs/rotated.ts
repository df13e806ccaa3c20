/**
 * What DRIVE and EDEN have in common: each block of the vector is rotated at random, then each number goes to the nearest of a
 * few levels. The rotated numbers of whatever vector are nearly normal, so that the levels can be known beforehand.
 *
 * Payload: a float32 scale for each block (blocks.ts), then the codes of all blocks, `bits` wide, least significant bit first. A
 * block is scale * S H q: q the levels of its codes, H the Hadamard matrix of +-1, S the signs; H and S fall away without a rotation.
 */
import type { Kernels } from '../../core/kernels';
import type { TensorSizes } from '../message';
import { vectorSize } from '../vector';
import { type Block, blocksOf } from './blocks';
import { badParameters, isFactor, requireBytes, requireFactor, requireVector, tooLarge } from './checks';

export type RotatedKernels = Pick<Kernels, 'allFinite' | 'rotatedCodes' | 'rotatedBack'>;

/**
 * unbiased: what comes out has the numbers' own inner product with them, and is right on average over the rotations (a Hadamard
 * transform is nearly such a rotation: what is left errs by about a hundredth in blocks of 64, ten times less in long ones);
 * least-error: the nearest to them that the codes allow, but shorter than they are.
 */
export type Scale = 'unbiased' | 'least-error';

export interface Plan {
  bits: number;
  /** Ascending, 2^bits of them. */
  levels: Float32Array;
  /** Of the rotation of the first block, the next one has the next seed; absent: no rotation. */
  seed?: number;
}

const seeded = ({ bits, levels, seed }: Plan, { size }: Block, index: number) => ({
  size,
  bits,
  levels,
  seed: seed === undefined ? undefined : (seed + index) >>> 0,
});

const bytesOf = ({ size }: Block, bits: number): number => (size * bits) / 8;

/** How many times its scale a number of the block may be. */
const most = ({ size }: Block, { levels, seed }: Plan): number =>
  (seed === undefined ? 1 : size) * (levels.at(-1) ?? 1);

const payloadBytes = (blocks: readonly Block[], { bits }: Plan): number =>
  blocks.reduce((sum, block) => sum + 4 + bytesOf(block, bits), 0);

export function encodeRotated(
  kernels: RotatedKernels,
  vector: Float32Array,
  tensors: TensorSizes,
  plan: Plan,
  scale: Scale,
): Buffer {
  if (scale !== 'unbiased' && scale !== 'least-error') badParameters('The scale must be unbiased or least-error.');
  requireVector(vector, tensors, kernels);
  const blocks = blocksOf(vector.length);
  const payload = Buffer.allocUnsafe(payloadBytes(blocks, plan));
  let at = 4 * blocks.length;
  for (const [index, block] of blocks.entries()) {
    const { start, count, size } = block;
    const made = kernels.rotatedCodes(vector.subarray(start, start + count), seeded(plan, block, index));
    const { unit, squaredNorm, product, squaredLevels } = made;
    // The transform makes squares `size` times as large.
    const gain = plan.seed === undefined ? 1 : size;
    const ratio = scale === 'unbiased' ? squaredNorm / product : product / (gain * squaredLevels);
    const own = unit === 0 ? 0 : Math.fround(ratio * unit);
    if (!isFactor(own, most(block, plan))) tooLarge();
    payload.writeFloatLE(own, 4 * index);
    payload.set(made.bytes, at);
    at += made.bytes.length;
  }
  return payload;
}

export function decodeRotated(
  kernels: RotatedKernels,
  payload: Buffer,
  tensors: TensorSizes,
  plan: Plan,
): Float32Array {
  const length = vectorSize(tensors);
  const blocks = blocksOf(length);
  requireBytes(payload, payloadBytes(blocks, plan));
  const scales = blocks.map((block, index) => requireFactor(payload.readFloatLE(4 * index), most(block, plan)));
  const vector = new Float32Array(length);
  let at = 4 * blocks.length;
  for (const [index, block] of blocks.entries()) {
    const end = at + bytesOf(block, plan.bits);
    const back = kernels.rotatedBack(payload.subarray(at, end), seeded(plan, block, index), scales[index]);
    vector.set(back.subarray(0, block.count), block.start);
    at = end;
  }
  return vector;
}

/** Throws RefusedError unless it is a seed: a whole number below 2^32. */
export function seedOf(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffffffff) return value;
  return badParameters('The seed of a rotation must be a whole number from 0 to 4294967295.');
}
