// What cells have given, by settings and library: a table that was stopped goes on where it was.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib/ready.mjs';

const folder = join(root, '.experiments');
const mine = [
  'cell.mjs',
  'attack.mjs',
  'samples.mjs',
  'data-sets.mjs',
  'learners.mjs',
  'distillation.mjs',
  '../lib/federate.mjs',
  '../lib/compressed.mjs',
  '../lib/example-samples.mjs',
];

/** Of all that a figure can depend on, but the settings: the built library with its core, the rows, and these scripts. */
function versionOf() {
  const hash = createHash('sha256');
  const library = join(root, 'dist');
  const built = readdirSync(join(library, 'lib'), { recursive: true })
    .filter((file) => file.endsWith('.js'))
    .sort();
  for (const file of built) hash.update(file).update(readFileSync(join(library, 'lib', file)));
  hash.update(readFileSync(join(library, 'core/core.wasm')));
  for (const file of mine) hash.update(readFileSync(join(root, 'scripts/experiment', file)));
  for (const file of ['digits.csv', 'spoken-digits.csv']) hash.update(readFileSync(join(root, 'datasets', file)));
  return hash.digest('hex');
}

export function openKept() {
  mkdirSync(folder, { recursive: true });
  const version = versionOf();
  const fileOf = (settings) =>
    join(folder, `${createHash('sha256').update(version).update(JSON.stringify(settings)).digest('hex')}.json`);
  return {
    get(settings) {
      const file = fileOf(settings);
      return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
    },
    put: (settings, figures) => writeFileSync(fileOf(settings), JSON.stringify(figures)),
  };
}
