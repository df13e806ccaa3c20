/** Exported files on the disk: in one folder and below, each whole or not at all. */
import { randomBytes } from 'node:crypto';
import { mkdir, realpath, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { RefusedError } from '../refused';
import { hasCode, syncFolder, writeDurably } from '../state/durable';
import type { ExportedFile } from './job';

const isInside = (base: string, folder: string): boolean => {
  const way = path.relative(base, folder);
  return way === '' || (way !== '..' && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way));
};

/** The real path of the nearest folder above that exists: where links really lead. */
async function existing(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (error) {
    const above = path.dirname(folder);
    if (above === folder || !hasCode(error) || error.code !== 'ENOENT') throw error;
    return existing(above);
  }
}

/**
 * The folder `name` under `base`. Throws RefusedError (code "folder-outside") when it would lie elsewhere: by "..", as an
 * absolute path, or through a link.
 */
export async function folderUnder(base: string, name: string): Promise<string> {
  const outside = (): never => {
    throw new RefusedError(
      'folder-outside',
      `The folder "${name}" is not inside the user directory of Node-RED: enter a path such as exports/factory.`,
    );
  };
  if (name.includes('\0') || path.isAbsolute(name) || /^[A-Za-z]:|^[\\/]|^~/.test(name)) outside();
  if (name.split(/[\\/]/).includes('..')) outside();
  const folder = path.resolve(base, name);
  if (!isInside(path.resolve(base), folder)) outside();
  await mkdir(base, { recursive: true });
  if (!isInside(await realpath(base), await existing(folder))) outside();
  return folder;
}

/** One sentence for what a file system says. */
export function writeRefusal(error: unknown, folder: string): RefusedError {
  const code = hasCode(error) ? error.code : undefined;
  const say = (what: string): RefusedError => new RefusedError('not-written', what);
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return say(`The disk is full: make room for ${folder} and export again.`);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return say(`Node-RED may not write to ${folder}: change its permissions, or choose another folder.`);
    case 'EEXIST':
    case 'ENOTDIR':
    case 'EISDIR':
      return say(`${folder} cannot be a folder, as a file is in its way: choose another folder or name.`);
    default: {
      const reason = error instanceof Error ? error.message : String(error);
      return say(`The files cannot be written to ${folder} (${reason}): choose another folder.`);
    }
  }
}

/** Each file is written beside its place, forced to disk, and put there by a rename. Gives the paths, in order. */
export async function saveFiles(base: string, name: string, files: readonly ExportedFile[]): Promise<string[]> {
  const folder = await folderUnder(base, name).catch((error) => {
    throw error instanceof RefusedError ? error : writeRefusal(error, path.join(base, name));
  });
  const paths: string[] = [];
  const waiting: [temporary: string, place: string][] = [];
  try {
    for (const file of files) {
      // A link inside the folder must not lead out of it either.
      const inner = path.dirname(file.name);
      const own = await folderUnder(base, path.join(name, inner));
      await mkdir(own, { recursive: true });
      const place = path.join(own, path.basename(file.name));
      const temporary = `${place}.${randomBytes(4).toString('hex')}.tmp`;
      waiting.push([temporary, place]);
      await writeDurably(temporary, file.bytes, 0o644);
      paths.push(place);
    }
    // All are on the disk before the first takes its place: a full disk leaves the old set as it was.
    for (const [temporary, place] of waiting) await rename(temporary, place);
    for (const own of new Set(paths.map((place) => path.dirname(place)))) await syncFolder(own);
  } catch (error) {
    for (const [temporary] of waiting) await unlink(temporary).catch(() => {});
    throw error instanceof RefusedError ? error : writeRefusal(error, folder);
  }
  return paths;
}
