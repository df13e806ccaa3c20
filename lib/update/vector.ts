/** Vectors as bytes: little-endian float32, without copying where the memory allows it. */
import { endianness } from 'node:os';
import type { Kernels } from '../core/kernels';
import { RefusedError, type TensorSizes } from './message';

/** Numbers in all tensors together. */
export function vectorSize(tensors: TensorSizes): number {
  let size = 0;
  for (const [numbers] of tensors) size += numbers;
  return size;
}

const littleEndian = endianness() === 'LE';

/**
 * The vector of `length` numbers in a payload. A view of the payload's own memory where it is aligned to 4 bytes, else a
 * copy; never write into it. Throws RefusedError 'payload-size'.
 */
export function readVector(payload: Buffer, length: number): Float32Array {
  if (payload.length !== 4 * length) {
    throw new RefusedError('payload-size', `The payload has ${payload.length} bytes where ${4 * length} belong.`);
  }
  if (!littleEndian) return Float32Array.from({ length }, (_, i) => payload.readFloatLE(4 * i));
  if (payload.byteOffset % 4 === 0) return new Float32Array(payload.buffer, payload.byteOffset, length);
  const copy = new Uint8Array(payload.length);
  copy.set(payload);
  return new Float32Array(copy.buffer);
}

/** A copy that other threads can look at as it is. */
export function sharedCopy(vector: Float32Array): Float32Array {
  const copy = new Float32Array(new SharedArrayBuffer(vector.byteLength));
  copy.set(vector);
  return copy;
}

/** A copy of all, one behind the other. */
export function joinVectors(vectors: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(vectors.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const vector of vectors) {
    all.set(vector, at);
    at += vector.length;
  }
  return all;
}

/** The vector as a payload: the same memory, so it must not be changed any more. */
export function vectorPayload(vector: Float32Array): Buffer {
  if (littleEndian) return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
  const bytes = Buffer.allocUnsafe(vector.byteLength);
  for (const [i, value] of vector.entries()) bytes.writeFloatLE(value, 4 * i);
  return bytes;
}

/** Euclidean norm, summed in float64: for who has no kernels at hand. */
export function normOf(vector: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += vector[i] * vector[i];
  return Math.sqrt(sum);
}

/** Whether no number is NaN or infinite: for who has no kernels at hand. A callback for each takes several times as long. */
export function allFinite(vector: Float32Array): boolean {
  for (let i = 0; i < vector.length; i++) if (!Number.isFinite(vector[i])) return false;
  return true;
}

/** Refuses ('not-finite') a vector that holds NaN or infinity. */
export function requireFinite(vector: Float32Array, kernels: Pick<Kernels, 'allFinite'>): Float32Array {
  if (kernels.allFinite(vector)) return vector;
  throw new RefusedError('not-finite', 'The vector holds NaN or infinity: the training that made it has diverged.');
}
