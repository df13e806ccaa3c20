/** What was granted before a kill -9 is never forgotten after it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseLedger, spent } from '../../../lib/privacy/ledger';
import { generator } from '../../../lib/random/generator';
import { createStore } from '../../../lib/state/store';

/** More than one life charges, and all of them together fit its tree. */
const leaves = 80_000;

const child = join(__dirname, 'charging-child.js');

/** Charges until killed, `milliseconds` after the first grant; gives the last epsilon that it told of. */
function chargeAndKill(folder: string, milliseconds: number, leaf?: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const running = spawn(process.execPath, [child, folder, 'ledger', ...(leaf === undefined ? [] : [String(leaf)])], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let told = '';
    let isKilled = false;
    running.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text;
      if (isKilled || !told.includes('\n')) return;
      isKilled = true;
      setTimeout(() => running.kill('SIGKILL'), milliseconds);
    });
    running.once('close', (_code, signal) => {
      const whole = told.split('\n').slice(0, -1);
      if (signal !== 'SIGKILL') reject(new Error('the child ended by itself'));
      else resolve(Number(whole.at(-1)));
    });
  });
}

describe('the privacy ledger under kill -9', () => {
  for (const [what, isTree] of [
    ['rounds with noise of their own', false],
    ['rounds of a tree', true],
  ] as const)
    it(`never shrinks, and is always readable: ${what}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'fl-ledger-'));
      const random = generator(11, 'kills');
      let granted = 0;
      for (let times = 0; times < 12; times++) {
        const told = await chargeAndKill(folder, random.below(40), isTree ? leaves * times : undefined);
        assert.ok(told > granted, `${told} after ${granted}`);
        const found = await createStore(folder).read('ledger');
        assert.ok(found);
        const kept = spent({ ...parseLedger(found.json), delta: 1e-5 });
        // The charge under way at the kill may be on the disk without having been granted.
        assert.ok(kept >= told, `${kept} is kept, ${told} was granted`);
        granted = told;
      }
      rmSync(folder, { recursive: true, force: true });
    });
});
