/** The files that the package ships for its examples. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** From dist/nodes/shared to the root of the package. */
export const shippedFolder = join(__dirname, '..', '..', '..', 'datasets');

/** Their names, those that end in `ending`. */
export async function shippedFiles(ending: string): Promise<string[]> {
  const names = await readdir(shippedFolder, { recursive: true }).catch((): string[] => []);
  return names
    .filter((name) => name.endsWith(ending))
    .map((name) => name.replaceAll('\\', '/'))
    .sort();
}
