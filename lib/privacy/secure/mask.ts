/**
 * Masks and their sum modulo 2^32. A mask is the keystream of ChaCha20 (RFC 8439) under a 256-bit seed, as uint32
 * little-endian; it is made and added in chunks, so a vector is masked in its own memory.
 */
import { createCipheriv } from 'node:crypto';
import { endianness } from 'node:os';
import { RefusedError } from '../../refused';

export interface Mask {
  /** 32 bytes. */
  seed: Uint8Array;
  /** How it is put on: 1 added, -1 taken away. */
  sign: 1 | -1;
}

/** Bytes of keystream at a time: small enough for the cache. */
const CHUNK = 65_536;
const zeros = Buffer.alloc(CHUNK);
/** Counter and nonce: each seed makes one mask only. */
const start = Buffer.alloc(16);
const littleEndian = endianness() === 'LE';

/** As words of this machine; the bytes must belong to nobody else. */
function wordsOf(bytes: Buffer): Uint32Array {
  const own = bytes.byteOffset % 4 === 0 ? bytes : Buffer.from(Uint8Array.from(bytes).buffer);
  if (!littleEndian) own.swap32();
  return new Uint32Array(own.buffer, own.byteOffset, own.length / 4);
}

/** In place: adds the mask to the sum, or takes it away. */
export function applyMask(sum: Uint32Array, { seed, sign }: Mask): void {
  const stream = createCipheriv('chacha20', seed, start);
  for (let at = 0; at < sum.length; at += CHUNK / 4) {
    const count = Math.min(CHUNK / 4, sum.length - at);
    const words = wordsOf(stream.update(count === CHUNK / 4 ? zeros : zeros.subarray(0, 4 * count)));
    if (sign === 1) for (let i = 0; i < count; i++) sum[at + i] += words[i];
    else for (let i = 0; i < count; i++) sum[at + i] -= words[i];
  }
}

/** For so many numbers and their weight. */
export const emptySum = (size: number): Uint32Array => new Uint32Array(size + 1);

/** The ring's vector as a payload: the same memory, so it must not be changed any more. */
export function ringPayload(vector: Uint32Array): Buffer {
  const bytes = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
  return littleEndian ? bytes : Buffer.from(bytes).swap32();
}

/** In place: adds a masked update. Throws RefusedError 'payload-size'. */
export function addMasked(sum: Uint32Array, payload: Buffer): void {
  if (payload.length !== 4 * sum.length) {
    throw new RefusedError(
      'payload-size',
      `The masked update has ${payload.length} bytes where ${4 * sum.length} belong: four for each number and for its weight.`,
    );
  }
  if (littleEndian && payload.byteOffset % 4 === 0) {
    const words = new Uint32Array(payload.buffer, payload.byteOffset, sum.length);
    for (let i = 0; i < sum.length; i++) sum[i] += words[i];
    return;
  }
  for (let i = 0; i < sum.length; i++) sum[i] += payload.readUInt32LE(4 * i);
}
