/**
 * Where the numbers lie that were let through, as few bytes as can be: whichever of two codings is the shorter.
 *
 * - bitmap: one bit for each number, 1 where it is there.
 * - rice: the count as uint32, then for each the gap to the one before (the first: from the beginning), Golomb-Rice coded with
 *   `bits` low bits (Rice 1979): gap >> bits ones, a zero, then the low bits.
 *
 * (Plain positions of log2(length) bits each would be shorter than gaps only for one number alone, and by a bit.) Least significant bit first; spare bits of the last byte are 0. All little-endian.
 */
import { type CodecStep, RefusedError } from '../message';

export type PositionCoding = { coding: 'bitmap' } | { coding: 'rice'; bits: number };

/** Greatest number of low bits of a Rice code. */
const MOST_BITS = 24;

const bytesOf = (bits: number): number => Math.ceil(bits / 8);

const bad = (message: string): never => {
  throw new RefusedError('codec-parameters', message);
};
const short = (): never => {
  throw new RefusedError('payload-size', 'The payload ends before it says which numbers it holds.');
};

/** Bits of all gaps with so many low bits. */
function riceBits(positions: Uint32Array, bits: number): number {
  let sum = positions.length * (1 + bits);
  let next = 0;
  for (const position of positions) {
    sum += (position - next) >>> bits;
    next = position + 1;
  }
  return sum;
}

/** The number of low bits with the shortest code; the sum has one least value only, near the logarithm of the mean gap. */
function bestRice(positions: Uint32Array, length: number): { bits: number; sum: number } {
  let bits = Math.min(MOST_BITS, Math.max(0, Math.floor(Math.log2((0.69 * length) / positions.length))));
  let sum = riceBits(positions, bits);
  for (const step of [-1, 1]) {
    for (let other = bits + step; other >= 0 && other <= MOST_BITS; other += step) {
      const found = riceBits(positions, other);
      if (found >= sum) break;
      bits = other;
      sum = found;
    }
  }
  return { bits, sum };
}

/** Puts bits one behind the other from a byte on; the bytes must be zeros. */
function bitWriter(bytes: Uint8Array, start: number) {
  let at = 8 * start;
  return {
    ones(count: number): void {
      for (let i = 0; i < count; i++, at++) bytes[at >> 3] |= 1 << (at & 7);
      at++;
    },
    number(value: number, bits: number): void {
      for (let i = 0; i < bits; i++, at++) bytes[at >> 3] |= ((value >>> i) & 1) << (at & 7);
    },
  };
}

/** `positions`: ascending, below `length`; at least one. */
export function packPositions(positions: Uint32Array, length: number): { side: Buffer; how: PositionCoding } {
  const { length: count } = positions;
  const { bits, sum } = bestRice(positions, length);
  if (bytesOf(length) <= 4 + bytesOf(sum)) {
    const side = Buffer.alloc(bytesOf(length));
    for (const position of positions) side[position >> 3] |= 1 << (position & 7);
    return { side, how: { coding: 'bitmap' } };
  }
  const side = Buffer.alloc(4 + bytesOf(sum));
  side.writeUInt32LE(count, 0);
  const writer = bitWriter(side, 4);
  let next = 0;
  for (const position of positions) {
    const gap = position - next;
    writer.ones(gap >>> bits);
    writer.number(gap, bits);
    next = position + 1;
  }
  return { side, how: { coding: 'rice', bits } };
}

/** Reads bits from a byte on; refuses to read beyond the end. */
function bitReader(bytes: Uint8Array, start: number) {
  let at = 8 * start;
  const end = 8 * bytes.length;
  const one = (): number => {
    if (at >= end) short();
    const bit = (bytes[at >> 3] >> (at & 7)) & 1;
    at++;
    return bit;
  };
  return {
    one,
    number(bits: number): number {
      let value = 0;
      for (let i = 0; i < bits; i++) value += one() * 2 ** i;
      return value;
    },
    /** The bytes that were begun; what is left of the last one must be zeros. */
    close(): number {
      while ((at & 7) !== 0) if (one() !== 0) bad('The update has bits behind the numbers that it names.');
      return at / 8;
    },
  };
}

function fromBitmap(payload: Uint8Array, length: number): Uint32Array {
  const bytes = bytesOf(length);
  if (payload.length < bytes) short();
  if ((length & 7) !== 0 && payload[bytes - 1] >> (length & 7) !== 0)
    bad('The update names numbers that are not there.');
  let count = 0;
  for (let i = 0; i < bytes; i++) for (let byte = payload[i]; byte !== 0; byte &= byte - 1) count++;
  const positions = new Uint32Array(count);
  let at = 0;
  for (let i = 0; i < bytes; i++) {
    for (let byte = payload[i]; byte !== 0; byte &= byte - 1) positions[at++] = 8 * i + 31 - Math.clz32(byte & -byte);
  }
  return positions;
}

/**
 * The positions, ascending, and how many bytes of the payload told them. Checks all before it allocates: at least one and all below
 * `length`. Throws RefusedError 'codec-parameters', 'payload-size'.
 */
export function readPositions(
  payload: Buffer,
  { coding, bits }: Omit<CodecStep, 'name'>,
  length: number,
): { positions: Uint32Array; bytes: number } {
  if (coding === 'bitmap') {
    const positions = fromBitmap(payload, length);
    if (positions.length === 0) bad('The update holds no number at all.');
    return { positions, bytes: bytesOf(length) };
  }
  if (coding !== 'rice') return bad('Which numbers an update holds is told as bitmap, rice or seed.');
  if (typeof bits !== 'number' || !Number.isInteger(bits) || bits < 0 || bits > MOST_BITS) {
    return bad(`A Rice code has 0 to ${MOST_BITS} low bits.`);
  }
  if (payload.length < 4) short();
  const count = payload.readUInt32LE(0);
  if (count < 1 || count > length) bad(`The update names ${count} of ${length} numbers.`);
  // Each of them takes at least so many bits.
  if (8 * (payload.length - 4) < count * (1 + bits)) short();
  const positions = new Uint32Array(count);
  const reader = bitReader(payload, 4);
  let next = 0;
  for (let i = 0; i < count; i++) {
    let position = next;
    while (position < length && reader.one() === 1) position += 2 ** bits;
    if (position < length) position += reader.number(bits);
    if (position >= length) bad('The update names numbers that are not there.');
    positions[i] = position;
    next = position + 1;
  }
  return { positions, bytes: reader.close() };
}
