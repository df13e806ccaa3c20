// The figures that the factory example promises: `npm run demo -- --json` run twice gives the same bytes, and they are good enough.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './lib/ready.mjs';

const run = () => {
  const demo = spawnSync(process.execPath, [join(root, 'scripts/demo.mjs'), '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (demo.status !== 0) throw new Error(`The demo ended with code ${demo.status}.`);
  return demo.stdout;
};
const first = run();
const second = run();
process.stdout.write(first);

const lines = first
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
const { final, alone, bytes } = lines.at(-1);
const checks = [
  ['the same bits for the same seed', first === second],
  ['at most 20 rounds', lines.length - 1 <= 20],
  [`average precision ${final.averagePrecision} >= 0.88`, final.averagePrecision >= 0.88],
  [`F1 ${final.f1} >= 0.78`, final.f1 >= 0.78],
  [
    `average precision above alone (${alone.averagePrecision}) by 0.08`,
    final.averagePrecision - alone.averagePrecision >= 0.08,
  ],
  [`F1 above alone (${alone.f1}) by 0.08`, final.f1 - alone.f1 >= 0.08],
  [
    `8-bit updates: ${bytes.up} bytes up are less than half of ${bytes.down} down`,
    bytes.up > 0 && bytes.up < bytes.down / 2,
  ],
];
for (const [what, good] of checks) console.log(`${good ? 'good' : 'WRONG'}: ${what}`);
const failed = checks.filter(([, good]) => !good).length;
console.log(`${checks.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
