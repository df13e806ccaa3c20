// npm run test:interop: what this project computes and writes, held against TensorFlow's converter and interpreters (Python).
// The packages go to a virtual environment under build/interop/. Needs: python3 with venv (Debian: python3-venv).
// An argument picks checks of scripts/interop/ by name; FL_INTEROP_SEED repeats a run.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureReady, requireBuilt, root } from './lib/ready.mjs';

const sources = join(root, 'scripts/interop');
const home = join(root, 'build/interop');
const venv = join(home, 'venv');
const interpreter = join(venv, 'bin/python');

function run(command, args, options = {}) {
  const { status, error, stderr } = spawnSync(command, args, {
    stdio: ['ignore', 'inherit', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    ...options,
  });
  if (error || status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr.slice(-2000)}`);
}

/** The environment is made anew when the list of packages changed. */
function preparePython() {
  const requirements = join(sources, 'requirements.txt');
  const installed = join(home, 'installed.txt');
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return;
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  run('python3', ['-m', 'venv', venv]);
  run(interpreter, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
  writeFileSync(installed, wanted);
}

ensureReady();
preparePython();
const seed = Number(process.env.FL_INTEROP_SEED ?? Math.floor(Math.random() * 2 ** 31));
console.log(`seed ${seed}`);
const wanted = process.argv.slice(2);
const checks = readdirSync(sources)
  .filter((file) => file.endsWith('.check.mjs'))
  .filter((file) => wanted.length === 0 || wanted.includes(file.replace('.check.mjs', '')))
  .sort();

let passed = 0;
let failed = 0;
const report = (good, what) => {
  if (good) {
    passed++;
    return;
  }
  failed++;
  console.log(`FAILED: ${what}`);
};
for (const file of checks) {
  const directory = join(home, file.replace('.check.mjs', ''));
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const python = (script, args) => run(interpreter, [join(sources, script), ...args.map(String)]);
  console.log(`-- ${file}`);
  try {
    const { default: check } = await import(pathToFileURL(join(sources, file)));
    await check({ python, directory, report, requireBuilt, seed });
  } catch (error) {
    report(false, `${file}: ${error.stack}`);
  }
}
report(checks.length > 0, 'no check was run');
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
