// Builds dist/: TypeScript to CommonJS, then what Node-RED reads beside each node's .js (html, icons, locales) and core.wasm.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', root], {
  stdio: 'inherit',
});
if (tsc.status !== 0) process.exit(tsc.status ?? 1);

const beside = (name) => /\.(html|json|svg|png)$/.test(name);
for (const entry of readdirSync(join(root, 'nodes'), { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !beside(entry.name)) continue;
  const from = join(entry.parentPath, entry.name);
  const to = join(root, 'dist', from.slice(root.length + 1));
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
}

const wasm = join(root, 'core/core.wasm');
if (existsSync(wasm)) {
  mkdirSync(join(root, 'dist/core'), { recursive: true });
  cpSync(wasm, join(root, 'dist/core/core.wasm'));
}
