// Makes a fresh clone ready: dependencies as in the lock file, dist/ newer than its sources. Runs before anything is compiled.
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Whether node_modules lacks something that the lock file asks for, or holds another version of it. */
function isInstallStale() {
  const modules = join(root, 'node_modules');
  if (!existsSync(modules)) return true;
  if (lstatSync(modules).isSymbolicLink()) return false;
  const installedLock = join(modules, '.package-lock.json');
  if (!existsSync(installedLock)) return true;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(readFileSync(installedLock, 'utf8')).packages;
  for (const [path, entry] of Object.entries(wanted)) {
    // npm writes some entries as extraneous and does not install them.
    if (path === '' || entry.link || entry.extraneous) continue;
    if (present[path] === undefined) {
      if (entry.optional || entry.devOptional || entry.peer) continue;
      return true;
    }
    if (present[path].version !== entry.version) return true;
  }
  return false;
}

/** The npm that belongs to the running Node: the one that called us, or the one beside node. */
export function npmCommand() {
  if (process.env.npm_execpath) return [process.execPath, [process.env.npm_execpath]];
  return ['npm', []];
}

/** Everything is told on stderr, so that a command's own stdout stays its own. */
const inherit = ['ignore', 2, 2];

function runOrExit(command, args, what) {
  const result = spawnSync(command, args, { cwd: root, stdio: inherit });
  if (result.status === 0) return;
  process.stderr.write(`${what} failed${result.error ? `: ${result.error.message}` : ''}.\n`);
  process.exit(result.status ?? 1);
}

export function ensureInstalled() {
  if (!isInstallStale()) return;
  process.stderr.write('Installing dependencies (npm ci) …\n');
  const [command, args] = npmCommand();
  runOrExit(command, [...args, 'ci', '--no-audit', '--no-fund'], 'npm ci');
}

const sourceFolders = ['lib', 'nodes', 'plugins', 'test', 'bench', 'types', 'scripts', 'core'];
const sourceFiles = ['tsconfig.json', 'package.json'];

function newestSource() {
  let newest = 0;
  for (const file of sourceFiles) newest = Math.max(newest, statSync(join(root, file)).mtimeMs);
  for (const folder of sourceFolders) {
    const path = join(root, folder);
    if (!existsSync(path)) continue;
    for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
      // A folder's own time tells of files that were taken away.
      newest = Math.max(newest, statSync(join(entry.parentPath, entry.name)).mtimeMs);
    }
  }
  return newest;
}

export function ensureBuilt() {
  const stamp = join(root, 'dist', '.built');
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= newestSource()) return;
  process.stderr.write('Building …\n');
  runOrExit(process.execPath, [join(root, 'scripts', 'build.mjs')], 'The build');
}

export function ensureReady() {
  ensureInstalled();
  ensureBuilt();
}

/** Loads a module of dist/ (CommonJS), once it has been built. */
export function requireBuilt(path) {
  return createRequire(import.meta.url)(join(root, 'dist', path));
}
