// Runs one suite of compiled tests with the running Node; the last line it prints is `N passed, N failed`.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ensureReady, root } from './ready.mjs';

/** After its summary mocha has so long to end by itself; what still runs then was left behind by a test. */
const endWithinMs = 15_000;
/** And so long to say what that is. */
const tellWithinMs = 2000;

const isLong = (file) => file.endsWith('.long.test.js');
const isIn = (folder, file) => file.startsWith(`${folder}/`);

/** Folders of suites that need more than npm. */
const apart = ['browser', 'package', 'broker', 'board'];

/** What each suite is made of. Every test file belongs to exactly one; tfjs-node runs a few of them again with the native engine. */
const suites = {
  default: (file) => !isLong(file) && !apart.some((folder) => isIn(folder, file)),
  process: (file) => isLong(file),
  package: (file) => isIn('package', file),
  broker: (file) => isIn('broker', file),
  board: (file) => isIn('board', file),
  browser: (file) => isIn('browser', file),
  'tfjs-node': (file) => isIn('lib/training/tfjs', file),
};

function testFiles(suite) {
  const tests = join(root, 'dist', 'test');
  return readdirSync(tests, { recursive: true })
    .filter((file) => file.endsWith('.test.js') && suites[suite](file))
    .sort()
    .map((file) => join(tests, file));
}

/** Further arguments go to mocha (for example `--grep`). */
export async function runSuite(suite, mochaArguments = []) {
  ensureReady();
  const files = testFiles(suite).map((file) => relative(root, file));
  const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const lingers = join(root, 'scripts', 'lib', 'what-lingers.cjs');
  const child = spawn(
    process.execPath,
    ['--enable-source-maps', '--require', lingers, mocha, ...mochaArguments, ...files],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  process.once('exit', () => child.kill('SIGKILL'));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

  let output = '';
  let lingering = false;
  let watch;
  child.stdout.setEncoding('utf8').on('data', (text) => {
    process.stdout.write(text);
    output = (output + text).slice(-200_000);
    if (watch || !/^ {2}\d+ passing/m.test(output)) return;
    watch = setTimeout(() => {
      lingering = true;
      child.kill('SIGUSR2');
      watch = setTimeout(() => child.kill('SIGKILL'), tellWithinMs);
    }, endWithinMs);
  });
  const [code, signal] = await new Promise((resolve) => child.once('close', (...how) => resolve(how)));
  clearTimeout(watch);

  const count = (word) => Number(new RegExp(`^ {2}(\\d+) ${word}`, 'm').exec(output)?.[1] ?? 0);
  const passed = count('passing');
  let failed = count('failing');
  if (lingering) {
    failed += 1;
    console.log('The tests did not end by themselves: one of them left a handle open.');
  }
  if (failed === 0 && (code !== 0 || passed === 0)) {
    failed += 1;
    console.log(passed === 0 ? 'No test was run.' : `mocha ended with ${signal ?? `code ${code}`}.`);
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0;
}
