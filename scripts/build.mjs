// Builds dist/: TypeScript to CommonJS, then what Node-RED reads beside each node's .js (html, icons, locales) and the compiled core.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dialogueOf, isPart } from './dialogue/assemble.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const startedAt = new Date();

const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', root], {
  stdio: 'inherit',
});
if (tsc.status !== 0) process.exit(tsc.status ?? 1);

/** Every file under a folder of the repository, relative to its root; nothing when the folder is not there. */
function filesUnder(folder) {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

const beside = ['nodes', 'plugins']
  .flatMap(filesUnder)
  .filter((file) => /\.(html|json|svg|png)$/.test(file) && !isPart(file));
for (const file of beside) {
  mkdirSync(dirname(join(dist, file)), { recursive: true });
  if (file.endsWith('.html')) writeFileSync(join(dist, file), await dialogueOf(root, file));
  else cpSync(join(root, file), join(dist, file));
}

mkdirSync(join(dist, 'core'), { recursive: true });
for (const name of ['core.wasm', 'board.wasm']) cpSync(join(root, 'core', name), join(dist, 'core', name));

// What a source that is gone left behind would still be tested and packed.
const compiled = /^dist\/(.*?)(\.js|\.js\.map|\.d\.ts)$/;
for (const file of filesUnder('dist')) {
  const source = compiled.exec(file);
  const stale = source ? !existsSync(join(root, `${source[1]}.ts`)) : isStaleCopy(file.slice('dist/'.length));
  if (stale) rmSync(join(root, file));
}
function isStaleCopy(file) {
  return /^(nodes|plugins)\//.test(file) && !existsSync(join(root, file));
}

// As old as the start of this build: what is newer than it has not been built (scripts/lib/ready.mjs).
writeFileSync(join(dist, '.built'), '');
utimesSync(join(dist, '.built'), startedAt, startedAt);
