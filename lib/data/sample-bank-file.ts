/**
 * A sample bank as bytes, and back. Layout, little-endian: "FLSB", version, then seen (float64), oldest, width,
 * targetWidth, count (uint32), features and targets (float32), and a SHA-256 over all of it last. The store that keeps
 * the bytes is given (a file that is replaced atomically, or memory in a test).
 */
import { createHash } from 'node:crypto';
import { readVector, vectorPayload } from '../update/vector';
import type { BankState, SampleBank } from './sample-bank';

/** Where the bytes live. */
export interface BankStore {
  /** undefined: nothing was ever written. */
  read(): Promise<Buffer | undefined>;
  /** Replaces the bytes, whole or not at all. */
  write(bytes: Buffer): Promise<void>;
  /** Moves what is there out of the way, without deleting it; gives its new name. */
  setAside(): Promise<string>;
}

const MAGIC = 'FLSB';
const VERSION = 1;
const HEADER = 4 + 4 + 8 + 4 * 4;
const HASH = 32;

export function encodeBank({ seen, oldest, block }: BankState, width: number, targetWidth: number): Buffer {
  const numbers = block.features.length + block.targets.length;
  const bytes = Buffer.alloc(HEADER + numbers * 4 + HASH);
  bytes.write(MAGIC, 0, 'latin1');
  bytes.writeUInt32LE(VERSION, 4);
  bytes.writeDoubleLE(seen, 8);
  [oldest, width, targetWidth, block.count].forEach((value, i) => {
    bytes.writeUInt32LE(value, 16 + i * 4);
  });
  vectorPayload(block.features).copy(bytes, HEADER);
  vectorPayload(block.targets).copy(bytes, HEADER + block.features.byteLength);
  const end = bytes.length - HASH;
  createHash('sha256').update(bytes.subarray(0, end)).digest().copy(bytes, end);
  return bytes;
}

export interface StoredBank extends BankState {
  width: number;
  targetWidth: number;
}

/** Throws Error with the reason when the bytes are not a bank, cut, or changed. */
export function decodeBank(bytes: Buffer): StoredBank {
  if (bytes.length < HEADER + HASH || bytes.toString('latin1', 0, 4) !== MAGIC)
    throw new Error('it is not a sample file');
  if (bytes.readUInt32LE(4) !== VERSION)
    throw new Error(`it is of version ${bytes.readUInt32LE(4)}, this is version ${VERSION}`);
  const end = bytes.length - HASH;
  const hash = createHash('sha256').update(bytes.subarray(0, end)).digest();
  if (!hash.equals(bytes.subarray(end))) throw new Error('its checksum is wrong');
  const seen = bytes.readDoubleLE(8);
  const [oldest, width, targetWidth, count] = [0, 1, 2, 3].map((i) => bytes.readUInt32LE(16 + i * 4));
  const whole = end - HEADER === count * (width + targetWidth) * 4;
  if (!whole || !Number.isInteger(seen) || seen < count || oldest > count)
    throw new Error('its sizes do not fit together');
  const numbers = readVector(bytes.subarray(HEADER, end), count * (width + targetWidth));
  const features = numbers.subarray(0, count * width);
  const targets = numbers.subarray(count * width);
  return { seen, oldest, width, targetWidth, block: { features, targets, count } };
}

export function saveBank(bank: SampleBank, store: BankStore): Promise<void> {
  return store.write(encodeBank(bank.state(), bank.width, bank.targetWidth));
}

/**
 * Fills the bank from the store. When that cannot be (the model has other inputs now, or the file is damaged) the old
 * samples are set aside, the bank stays empty, and the sentence says so. Undefined: all is well.
 */
export async function loadBank(bank: SampleBank, store: BankStore): Promise<string | undefined> {
  const bytes = await store.read();
  if (bytes === undefined) return undefined;
  let why: string;
  try {
    const stored = decodeBank(bytes);
    if (stored.width === bank.width && stored.targetWidth === bank.targetWidth) {
      bank.restore(stored);
      return undefined;
    }
    why = `The stored samples have ${stored.width} features and ${stored.targetWidth} targets, the model has ${bank.width} and ${bank.targetWidth}`;
  } catch (error) {
    why = `The stored samples cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  return `${why}; they were set aside as ${await store.setAside()} and the buffer starts empty.`;
}
