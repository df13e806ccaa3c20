/** Reading and writing of messages. Whatever does not have the form that it should is a lie of the board. */
import { RefusedError } from '../refused';

/** The board said what no board says. */
export const lies = (what: string): never => {
  throw new RefusedError('board-lies', `The board ${what}: restart it, or flash it again.`);
};

export interface Reader {
  u8(): number;
  u16(): number;
  u32(): number;
  i32(): number;
  f32(): number;
  f64(): number;
  /** Lower-case hexadecimal. */
  hex(bytes: number): string;
  rest(): Buffer;
  /** Throws when something is left. */
  end(): void;
}

export function readerOf(body: Uint8Array, what: string): Reader {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  let at = 0;
  const step = (length: number): number => {
    if (at + length > bytes.length) lies(`sent a short ${what}`);
    at += length;
    return at - length;
  };
  return {
    u8: () => bytes.readUInt8(step(1)),
    u16: () => bytes.readUInt16LE(step(2)),
    u32: () => bytes.readUInt32LE(step(4)),
    i32: () => bytes.readInt32LE(step(4)),
    f32: () => bytes.readFloatLE(step(4)),
    f64: () => bytes.readDoubleLE(step(8)),
    hex: (length) => {
      const from = step(length);
      return bytes.toString('hex', from, from + length);
    },
    rest: () => bytes.subarray(step(bytes.length - at)),
    end() {
      if (at !== bytes.length) lies(`sent a long ${what}`);
    },
  };
}

export const u8 = (value: number): Buffer => Buffer.of(value);

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

export function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => {
    bytes.writeUInt32LE(value, 4 * i);
  });
  return bytes;
}

export function i32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

export function f64(...values: number[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  values.forEach((value, i) => {
    bytes.writeDoubleLE(value, 8 * i);
  });
  return bytes;
}

export function f32(values: ArrayLike<number>): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (let i = 0; i < values.length; i++) bytes.writeFloatLE(values[i], 4 * i);
  return bytes;
}

export function float32s(body: Uint8Array): Float32Array {
  if (body.length % 4 !== 0) lies('sent numbers that are not whole');
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  const values = Float32Array.from({ length: body.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
  if (!values.every(Number.isFinite)) lies('sent numbers that are not finite');
  return values;
}
