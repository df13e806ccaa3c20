/**
 * A record as bytes: magic, version, lengths, JSON head, binary parts, SHA-256 over all before it. A file that was cut,
 * mixed or changed anywhere is recognised.
 *
 *     "FLST" | version u8 | 3 zero bytes | head length u32 | total length f64 | head (JSON, UTF-8) | parts | SHA-256
 */
import { createHash } from 'node:crypto';

export interface StateRecord {
  /** Anything that JSON keeps. */
  json: unknown;
  /** Binary parts by name. */
  parts: Record<string, Uint8Array>;
}

export class DamagedError extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'DamagedError';
  }
}

const MAGIC = 'FLST';
const VERSION = 1;
const START = 20;
const DIGEST = 32;

interface Head {
  name: string;
  json: unknown;
  parts: [name: string, bytes: number][];
}

/** All but the checksum, with room for it; a copy of what it is given. */
export function layRecord(name: string, { json, parts }: StateRecord): Buffer {
  const named = Object.entries(parts);
  const head: Head = { name, json, parts: named.map(([part, bytes]) => [part, bytes.length]) };
  const text = Buffer.from(JSON.stringify(head));
  const body = named.reduce((sum, [, bytes]) => sum + bytes.length, 0);
  const file = Buffer.alloc(START + text.length + body + DIGEST);
  file.write(MAGIC, 0, 'latin1');
  file[4] = VERSION;
  file.writeUInt32LE(text.length, 8);
  file.writeDoubleLE(file.length, 12);
  text.copy(file, START);
  let at = START + text.length;
  for (const [, bytes] of named) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

/** At most so many bytes are hashed before others have their turn. */
const SLICE = 512 * 1024;

/** Writes the checksum into a record that was laid out. */
export async function sealRecord(file: Buffer): Promise<Buffer> {
  const end = file.length - DIGEST;
  const hash = createHash('sha256');
  for (let at = 0; at < end; at += SLICE) {
    if (at > 0) await new Promise((resolve) => setImmediate(resolve));
    hash.update(file.subarray(at, Math.min(end, at + SLICE)));
  }
  hash.digest().copy(file, end);
  return file;
}

function isHead(value: unknown): value is Head {
  if (typeof value !== 'object' || value === null) return false;
  const { name, parts } = value as Partial<Record<keyof Head, unknown>>;
  return (
    typeof name === 'string' &&
    Array.isArray(parts) &&
    parts.every(
      (part) =>
        Array.isArray(part) && typeof part[0] === 'string' && Number.isSafeInteger(part[1]) && (part[1] as number) >= 0,
    )
  );
}

/** The name of a record whose file begins so; undefined: it is none, or not all of its head is there. Nothing else is checked. */
export function recordName(beginning: Buffer): string | undefined {
  if (beginning.length < START || beginning.toString('latin1', 0, 4) !== MAGIC) return undefined;
  const end = START + beginning.readUInt32LE(8);
  if (end > beginning.length) return undefined;
  try {
    const head: unknown = JSON.parse(beginning.toString('utf8', START, end));
    return isHead(head) ? head.name : undefined;
  } catch {
    return undefined;
  }
}

/** Throws DamagedError for anything but a sealed record of `name`. The parts share the memory of `file`. */
export function decodeRecord(name: string, file: Buffer): StateRecord {
  const fail = (why: string): never => {
    throw new DamagedError(why);
  };
  if (file.length < START + DIGEST) fail('it is too short');
  if (file.toString('latin1', 0, 4) !== MAGIC) fail('it is no state file');
  if (file[4] !== VERSION) fail(`it has version ${file[4]}, this palette reads version ${VERSION}`);
  if (file.readDoubleLE(12) !== file.length) fail('it is cut off or has grown');
  const end = file.length - DIGEST;
  const digest = createHash('sha256').update(file.subarray(0, end)).digest();
  if (!digest.equals(file.subarray(end))) fail('its checksum does not fit');
  const bodyStart = START + file.readUInt32LE(8);
  if (bodyStart > end) fail('its head is too long');
  const head: unknown = JSON.parse(file.toString('utf8', START, bodyStart));
  if (!isHead(head)) return fail('its head cannot be understood');
  if (head.name !== name) fail('it belongs to another record');
  const parts = new Map<string, Uint8Array>();
  let at = bodyStart;
  for (const [part, bytes] of head.parts) {
    if (at + bytes > end) fail('a part is cut off');
    parts.set(part, file.subarray(at, at + bytes));
    at += bytes;
  }
  if (at !== end) fail('it holds more than its head says');
  return { json: head.json, parts: Object.fromEntries(parts) };
}
