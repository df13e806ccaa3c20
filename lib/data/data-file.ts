/** Which file of this machine may be read as data, and opening it as a stream. */
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { RefusedError } from '../refused';

export interface FilePolicy {
  /** Relative names start here. */
  base: string;
  /** Folders that the file must lie in, symbolic links followed; absent: anywhere. */
  allowed?: readonly string[];
  /** What is looked for; default: a CSV file. */
  what?: string;
}

const inside = (folder: string, file: string): boolean => {
  const way = path.relative(folder, file);
  return way !== '' && way !== '..' && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way);
};

const realOrSame = (folder: string): Promise<string> => realpath(folder).catch(() => path.resolve(folder));

/** The real path of a readable file, or RefusedError (codes file-*). */
export async function resolveDataFile(name: string, policy: FilePolicy): Promise<string> {
  const { what = 'a CSV file' } = policy;
  if (typeof name !== 'string' || name.trim() === '' || name.includes('\0')) {
    throw new RefusedError('file-name', `No file is given: enter the path of ${what}.`);
  }
  const asked = path.resolve(policy.base, name.trim());
  const file = await realpath(asked).catch(() => undefined);
  if (policy.allowed) {
    // A missing file outside is refused like one that is there: whether it exists is nobody's business.
    const folders = await Promise.all(policy.allowed.map(realOrSame));
    if (!folders.some((folder) => inside(folder, file ?? asked))) {
      throw new RefusedError(
        'file-outside',
        `"${name}" is outside the folders allowed: move it into ${policy.allowed.join(' or ')}.`,
      );
    }
  }
  if (file === undefined) {
    const todo = `put it there, or enter the path of ${what}`;
    throw new RefusedError('file-missing', `There is no file "${name}" (looked for ${asked}): ${todo}.`);
  }
  const facts = await stat(file);
  if (!facts.isFile()) throw new RefusedError('file-kind', `"${name}" is not a file: enter the path of ${what}.`);
  return file;
}

export async function openDataFile(name: string, policy: FilePolicy): Promise<Readable> {
  return createReadStream(await resolveDataFile(name, policy));
}
