/** The few items of CBOR (RFC 8949) around the header that are read and written here, without copying what they hold. */
import { RefusedError } from '../message';

export const broken = (what: string): never => {
  throw new RefusedError('wire-cbor', `These bytes are no message of a federation: ${what}.`);
};

/** Head of a byte string: major type 2 and its length, as short as it can be. */
export function byteStringHead(length: number): Buffer {
  if (length < 24) return Buffer.of(0x40 + length);
  if (length < 0x100) return Buffer.of(0x58, length);
  const wide = length >= 0x10000;
  const head = Buffer.alloc(wide ? 5 : 3);
  head[0] = wide ? 0x5a : 0x59;
  if (wide) head.writeUInt32BE(length, 1);
  else head.writeUInt16BE(length, 1);
  return head;
}

/** A byte string at `at` as a view, and where the next item begins. Only the shortest form of the length is taken. */
export function readByteString(bytes: Buffer, at: number): { content: Buffer; next: number } {
  const first = at < bytes.length ? bytes[at] : broken('they end early');
  const extra = first < 0x58 ? 0 : first === 0x58 ? 1 : first === 0x59 ? 2 : first === 0x5a ? 4 : -1;
  if (first < 0x40 || extra < 0) return broken('a byte string is missing');
  const start = at + 1 + extra;
  if (start > bytes.length) return broken('they end early');
  const length = extra === 0 ? first - 0x40 : bytes.readUIntBE(at + 1, extra);
  if (byteStringHead(length).length !== 1 + extra) return broken('a length is longer than it needs to be');
  const next = start + length;
  if (next > bytes.length) return broken('they end early');
  return { content: bytes.subarray(start, next), next };
}
