// One mocha on some compiled test files: what it said, what it counted, and whether it ended by itself.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './ready.mjs';

/** After its summary mocha has so long to end by itself; what still runs then was left behind by a test. */
const endWithinMs = 15_000;
/** And so long to say what that is. */
const tellWithinMs = 2000;
/** Of its output that is kept to be counted and told. */
const KEPT = 400_000;

const running = new Set();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/** `onText` gets what it says as it comes. Gives { passed, failed, output }; what went wrong beside its tests counts as a failure. */
export async function runMocha(mochaArguments, files, onText) {
  const mocha = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const loaded = ['what-lingers.cjs', 'end-with-parent.cjs'].flatMap((file) => [
    '--require',
    join(root, 'scripts', 'lib', file),
  ]);
  const child = spawn(process.execPath, ['--enable-source-maps', ...loaded, mocha, ...mochaArguments, ...files], {
    cwd: root,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  running.add(child);

  let output = '';
  let lingering = false;
  let watch;
  const take = (text) => {
    onText?.(text);
    output = (output + text).slice(-KEPT);
  };
  const say = (line) => take(`${line}\n`);
  child.stderr.setEncoding('utf8').on('data', take);
  child.stdout.setEncoding('utf8').on('data', (text) => {
    take(text);
    if (watch || !/^ {2}\d+ passing/m.test(output)) return;
    watch = setTimeout(() => {
      lingering = true;
      child.kill('SIGUSR2');
      watch = setTimeout(() => child.kill('SIGKILL'), tellWithinMs);
    }, endWithinMs);
  });
  const [code, signal] = await new Promise((resolve) => child.once('close', (...how) => resolve(how)));
  clearTimeout(watch);
  running.delete(child);

  const count = (word) => Number(new RegExp(`^ {2}(\\d+) ${word}`, 'm').exec(output)?.[1] ?? 0);
  const passed = count('passing');
  let failed = count('failing');
  if (lingering) {
    failed += 1;
    say('The tests did not end by themselves: one of them left a handle open.');
  }
  if (failed === 0 && code !== 0) {
    failed += 1;
    say(`mocha ended with ${signal ?? `code ${code}`}.`);
  }
  return { passed, failed, output };
}
