/** Frames of docs/board-protocol.md, section 1: to bytes that hold no zero, and back from whatever comes over a line. */
import { crc32 } from '../update/wire/crc32';
import { cobsBytes, cobsDecode, cobsEncode } from './cobs';

export const kinds = { hello: 0x11, welcome: 0x12, data: 0x13, ack: 0x14, lost: 0x15, bye: 0x16 } as const;
/** The high half of a kind. */
export const FRAMING = 1;

export interface Frame {
  kind: number;
  /** Answer at once. */
  ping: boolean;
  session: number;
  /** 16 bits, as `ack`. */
  seq: number;
  ack: number;
  /** 32 bits. */
  sack: number;
  credit: number;
  payload: Uint8Array;
}

const HEAD = 16;
const OVERHEAD = HEAD + 4;

/** Bytes on the line of a frame with so many bytes of payload, its zero included, at most. */
export const frameBytes = (payload: number): number => cobsBytes(OVERHEAD + payload) + 1;

/** Encoded, with the zero behind. */
export function encodeFrame(frame: Frame): Uint8Array {
  const raw = Buffer.alloc(OVERHEAD + frame.payload.length);
  raw[0] = frame.kind;
  raw[1] = frame.ping ? 1 : 0;
  raw.writeUInt32LE(frame.session, 2);
  raw.writeUInt16LE(frame.seq, 6);
  raw.writeUInt16LE(frame.ack, 8);
  raw.writeUInt32LE(frame.sack, 10);
  raw.writeUInt16LE(frame.credit, 14);
  raw.set(frame.payload, HEAD);
  raw.writeUInt32LE(crc32(raw.subarray(0, raw.length - 4)), raw.length - 4);
  const encoded = cobsEncode(raw);
  const out = new Uint8Array(encoded.length + 1);
  out.set(encoded);
  return out;
}

/** From the bytes between two zeros; undefined: damaged, or no frame. */
export function decodeFrame(encoded: Uint8Array): Frame | undefined {
  const decoded = cobsDecode(encoded);
  if (!decoded || decoded.length < OVERHEAD) return undefined;
  const raw = Buffer.from(decoded.buffer, decoded.byteOffset, decoded.length);
  const end = raw.length - 4;
  if (crc32(raw.subarray(0, end)) !== raw.readUInt32LE(end)) return undefined;
  return {
    kind: raw[0],
    ping: (raw[1] & 1) !== 0,
    session: raw.readUInt32LE(2),
    seq: raw.readUInt16LE(6),
    ack: raw.readUInt16LE(8),
    sack: raw.readUInt32LE(10),
    credit: raw.readUInt16LE(14),
    payload: raw.subarray(HEAD, end),
  };
}

export interface FrameReader {
  /** The frames that end in this chunk. */
  read(chunk: Uint8Array): { frame: Frame; bytes: number }[];
  /** Pieces between zeros that were no frame; what came before the first zero is not counted. */
  readonly damaged: number;
}

/** Drops everything up to the first zero, and pieces longer than a frame of `maxPayload` bytes. */
export function createFrameReader(maxPayload: number): FrameReader {
  const piece = new Uint8Array(cobsBytes(OVERHEAD + maxPayload));
  let length = 0;
  let synchronised = false;
  let damaged = 0;
  const end = (): Frame | undefined => {
    if (!synchronised || length === 0) return undefined;
    const frame = length <= piece.length ? decodeFrame(piece.slice(0, length)) : undefined;
    if (!frame) damaged += 1;
    return frame;
  };
  return {
    read(chunk) {
      const frames: { frame: Frame; bytes: number }[] = [];
      for (const byte of chunk) {
        if (byte !== 0) {
          if (length < piece.length) piece[length] = byte;
          // One beyond the end says "too long", however much comes.
          length = Math.min(length + 1, piece.length + 1);
          continue;
        }
        const frame = end();
        if (frame) frames.push({ frame, bytes: length + 1 });
        length = 0;
        synchronised = true;
      }
      return frames;
    },
    get damaged() {
      return damaged;
    },
  };
}
