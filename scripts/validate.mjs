// The flow library's own scorecard, over the packed tarball (npm run test:scorecard). node-red-dev is large and old, so it is
// installed under build/ and not among the development dependencies; lib/offline-answers.cjs answers for the hosts it asks.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureReady, npmCommand, root } from './lib/ready.mjs';

const validator = 'node-red-dev@0.1.6';
const home = join(root, 'build/scorecard');

function run(command, args, cwd) {
  const { status, stdout, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.stdout.write(stdout ?? '');
  if (error || status !== 0) throw error ?? new Error(`${command} ${args[0]} ended with code ${status}`);
}
const npm = (args, cwd) => {
  const [command, first] = npmCommand();
  run(command, [...first, ...args], cwd);
};

ensureReady();
mkdirSync(home, { recursive: true });
writeFileSync(join(home, 'package.json'), '{"private":true}\n');
npm(['install', '--ignore-scripts', '--no-save', '--no-audit', '--no-fund', validator], home);

const folder = mkdtempSync(join(home, 'packed-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
npm(['pack', '--ignore-scripts', '--pack-destination', folder], root);
const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
run('tar', ['xzf', tarball], folder);
const card = join(folder, 'scorecard.json');
run(
  process.execPath,
  [
    ...['--require', join(root, 'scripts/lib/offline-answers.cjs')],
    ...[
      join(home, 'node_modules/node-red-dev/bin/run'),
      'validate',
      '--path',
      join(folder, 'package'),
      '--output',
      card,
    ],
  ],
  home,
);

const results = Object.entries(JSON.parse(readFileSync(card, 'utf8'))).filter(([, result]) => 'test' in result);
const failed = results.filter(([, { test }]) => !test).map(([name]) => name);
if (failed.length > 0) console.log(`To mend: ${failed.join(', ')}`);
// Package, nodes and dependencies were all judged: fewer results mean that it stopped on its way.
const complete = ['P01', 'P06', 'N02', 'D03'].every((name) => results.some(([found]) => found === name));
if (!complete) console.log('The scorecard is not complete.');
console.log(`${results.length - failed.length} passed, ${failed.length + (complete ? 0 : 1)} failed`);
process.exitCode = failed.length === 0 && complete ? 0 : 1;
