/**
 * Payloads of one factor for each tensor: all the factors as float32, little-endian, then for each tensor a code for each of its numbers, packed,
 * each tensor beginning on a byte of its own.
 */
import type { TensorSizes } from '../message';
import { vectorSize } from '../vector';
import { requireBytes, requireFactor } from './checks';

export interface Factored {
  /** Bytes of the codes of so many numbers. */
  bytesOf(size: number): number;
  /** Writes the codes of tensor `index` into `codes`, zeros so far, and gives its factor. */
  pack(part: Float32Array, index: number, codes: Uint8Array): number;
  /** Writes the numbers of a tensor into `part`. */
  unpack(codes: Uint8Array, factor: number, part: Float32Array): void;
}

/** With each tensor its numbers and codes. */
function eachTensor(
  payload: Buffer,
  vector: Float32Array,
  tensors: TensorSizes,
  bytesOf: Factored['bytesOf'],
  visit: (part: Float32Array, codes: Uint8Array, index: number) => void,
): void {
  let at = 4 * tensors.length;
  let start = 0;
  for (const [index, [size]] of tensors.entries()) {
    const end = at + bytesOf(size);
    visit(vector.subarray(start, start + size), payload.subarray(at, end), index);
    at = end;
    start += size;
  }
}

const payloadBytes = (tensors: TensorSizes, bytesOf: Factored['bytesOf']): number =>
  tensors.reduce((sum, [size]) => sum + 4 + bytesOf(size), 0);

export function packTensors(
  vector: Float32Array,
  tensors: TensorSizes,
  { bytesOf, pack }: Pick<Factored, 'bytesOf' | 'pack'>,
): Buffer {
  const payload = Buffer.alloc(payloadBytes(tensors, bytesOf));
  eachTensor(payload, vector, tensors, bytesOf, (part, codes, index) => {
    payload.writeFloatLE(pack(part, index, codes), 4 * index);
  });
  return payload;
}

/** Throws RefusedError 'payload-size', or 'not-finite' for a factor that is none. */
export function unpackTensors(
  payload: Buffer,
  tensors: TensorSizes,
  { bytesOf, unpack }: Pick<Factored, 'bytesOf' | 'unpack'>,
): Float32Array {
  requireBytes(payload, payloadBytes(tensors, bytesOf));
  const vector = new Float32Array(vectorSize(tensors));
  eachTensor(payload, vector, tensors, bytesOf, (part, codes, index) => {
    unpack(codes, requireFactor(payload.readFloatLE(4 * index)), part);
  });
  return vector;
}
