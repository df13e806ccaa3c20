/**
 * Reads a zip archive in memory (PKWARE APPNOTE 6.3.10): stored and deflated entries, sizes and CRC-32 checked, nothing
 * unpacked beyond what the directory declares. Zip64, encryption and spanned archives are refused.
 */
import { inflateRawSync } from 'node:zlib';
import { maxFileBytes, refuseFile } from './refuse-file';

export interface ZipEntry {
  name: string;
  /** Unpacked bytes. */
  size: number;
  read(): Uint8Array;
}

const maxEntries = 1000;
const damaged = 'The archive is damaged; save the model again.';

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = crcTable[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

interface Listed {
  name: string;
  method: number;
  crc: number;
  packed: number;
  size: number;
  at: number;
}

function unpack(file: Buffer, entry: Listed): Uint8Array {
  const { at, packed, size, method, crc } = entry;
  if (at + 30 > file.length || file.readUInt32LE(at) !== 0x04034b50) return refuseFile(damaged);
  const start = at + 30 + file.readUInt16LE(at + 26) + file.readUInt16LE(at + 28);
  if (start + packed > file.length) return refuseFile('The archive is cut off; copy the file again.');
  const data = file.subarray(start, start + packed);
  let bytes: Uint8Array;
  if (method === 0) bytes = data;
  else if (method === 8) {
    try {
      bytes = inflateRawSync(data, { maxOutputLength: Math.max(1, size) });
    } catch {
      return refuseFile(damaged);
    }
  } else return refuseFile(`The archive uses compression method ${method}; save the model again with Keras.`);
  if (bytes.length !== size || crc32(bytes) !== crc) return refuseFile(damaged);
  return bytes;
}

/** The directory of the archive by name. Throws RefusedError (code "model-file"). */
export function readZip(bytes: Uint8Array): Map<string, ZipEntry> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let end = -1;
  for (let at = file.length - 22; at >= 0 && at >= file.length - 22 - 0xffff; at--) {
    if (file.readUInt32LE(at) === 0x06054b50) {
      end = at;
      break;
    }
  }
  if (end < 0) return refuseFile('The archive has no directory: it is cut off; copy the file again.');
  const count = file.readUInt16LE(end + 10);
  let at = file.readUInt32LE(end + 16);
  if (count > maxEntries || count !== file.readUInt16LE(end + 8)) {
    return refuseFile(`The archive has more than ${maxEntries} entries or several parts; save the model again.`);
  }
  const entries = new Map<string, ZipEntry>();
  let total = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > file.length || file.readUInt32LE(at) !== 0x02014b50) return refuseFile(damaged);
    const nameLength = file.readUInt16LE(at + 28);
    const entry: Listed = {
      name: file.toString('utf8', at + 46, at + 46 + nameLength),
      method: file.readUInt16LE(at + 10),
      crc: file.readUInt32LE(at + 16),
      packed: file.readUInt32LE(at + 20),
      size: file.readUInt32LE(at + 24),
      at: file.readUInt32LE(at + 42),
    };
    if ((file.readUInt16LE(at + 8) & 1) !== 0)
      return refuseFile('The archive is encrypted; save it without a password.');
    if (entries.has(entry.name)) return refuseFile(damaged);
    total += entry.size;
    if (total > maxFileBytes) {
      return refuseFile(`Unpacked, the archive has more than ${maxFileBytes} bytes; use a smaller model.`);
    }
    entries.set(entry.name, { name: entry.name, size: entry.size, read: () => unpack(file, entry) });
    at += 46 + nameLength + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32);
  }
  return entries;
}
