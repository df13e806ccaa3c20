// core/wasm.cpp -> core/core.wasm, core/board/wasm.cpp -> core/board.wasm. With --check: rebuilds aside and fails when the
// committed bytes differ. Needs Debian's clang-14 and lld-14: another compiler makes other bytes, though the same numbers.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const check = process.argv.includes('--check');

const modules = [
  { source: 'wasm.cpp', name: 'core.wasm', flags: [] },
  // As a board has it: few layers, and blocks copied by the machine itself.
  { source: 'board/wasm.cpp', name: 'board.wasm', flags: ['-DFL_MAX_LAYERS=16', '-mbulk-memory'] },
];
const flags = [
  '--target=wasm32',
  '-std=c++14',
  '-O3',
  '-msimd128',
  '-ffp-contract=off',
  '-fno-math-errno',
  '-ffreestanding',
  '-fno-exceptions',
  '-fno-rtti',
  '-nostdlib',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-Wl,--no-entry',
  '-Wl,--strip-all',
  '-Wl,--export=__heap_base',
  '-Wl,-z,stack-size=32768',
  '-Wl,--stack-first',
  '-Wl,--initial-memory=131072',
];
function build({ source, name, flags: own }) {
  const committed = join(root, 'core', name);
  const aside = check ? mkdtempSync(join(tmpdir(), 'core-')) : undefined;
  const output = aside ? join(aside, name) : committed;
  // Relative paths: the bytes must not depend on where the repository lies.
  const compiled = spawnSync('clang-14', [...flags, ...own, '-o', output, source], {
    cwd: join(root, 'core'),
    stdio: 'inherit',
  });
  if (compiled.error) {
    console.error(`clang-14 could not be run (${compiled.error.message}): apt-get install clang-14 lld-14`);
    process.exit(1);
  }
  if (compiled.status !== 0) process.exit(compiled.status ?? 1);
  const bytes = readFileSync(output);
  const built = join(root, 'dist/core', name);
  if (!check && existsSync(built)) copyFileSync(output, built);
  if (aside) {
    const same = bytes.equals(readFileSync(committed));
    rmSync(aside, { recursive: true });
    if (!same) {
      console.error(`core/${name} is not what core/ compiles to: run npm run build:core and commit it.`);
      process.exit(1);
    }
  }
  console.log(`${name}: ${bytes.length} bytes${check ? ', as committed' : ''}`);
}

for (const module of modules) build(module);
