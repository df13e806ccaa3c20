/** File names for anything that a user may call a federation, a client or a record. */
import { createHash } from 'node:crypto';

const READABLE = 40;

/**
 * A name for a file or folder: readable, short, the same for the same text and another for another one (also where upper
 * and lower case are one), with nothing in it that means something to a file system.
 */
export function safeName(name: string): string {
  const readable = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, READABLE);
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 12);
  return readable === '' ? digest : `${readable}-${digest}`;
}

/** Of what a record is, where its name is a JSON list of several texts; else of nothing. */
export function namedParts(name: string): unknown[] {
  try {
    const parts: unknown = JSON.parse(name);
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}
