import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { repositoryRoot } from '../../scripts/lib/node-red-process';
import { compilers } from './qemu-board';
import { runProgram } from './run-program';

/** A plain loop in C for the same network and the same step, by gcc -O2; see "Measured" in docs/board.md. */
const plainLoop = 18_573;

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('the machine in QEMU', () => {
  for (const compiler of compilers) {
    it(`keeps the old block or the new one, whenever the power goes (${compiler})`, () => {
      assert.deepEqual(runProgram('power-cut', compiler), { code: 0, text: '' });
    });

    it(`takes no more instructions for a training step than a plain loop (${compiler})`, () => {
      const { code, text } = runProgram('measure', compiler, ['-icount', 'shift=6']);
      assert.equal(code, 0, text);
      console.log(`      33-20-4, batch 1, ${compiler}: ${text.replace('\n', ', ')} (instructions, not cycles)`);
      const step = Number(/a training step: (\d+)/.exec(text)?.[1]);
      const inference = Number(/an inference: (\d+)/.exec(text)?.[1]);
      // Fewer than the multiplications alone would say that nothing was done.
      assert.ok(step > 3 * (33 * 20 + 20 * 4) && step <= plainLoop, `a step takes ${step} instructions`);
      assert.ok(inference > 33 * 20 + 20 * 4 && inference < step, `an inference takes ${inference} instructions`);
    });
  }

  it('ends with the process that started it, also when that is killed', async () => {
    const script = `
      const { startQemu } = require(${JSON.stringify(join(repositoryRoot, 'dist/test/board/qemu-board.js'))});
      startQemu({ compiler: 'gcc', id: '${'0'.repeat(32)}' }).then(({ pid }) => process.stdout.write(String(pid)));
    `;
    const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [text] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(text.toString());
    assert.ok(isAlive(pid));
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    for (let waited = 0; isAlive(pid) && waited < 5000; waited += 20) await sleep(20);
    assert.ok(!isAlive(pid), 'QEMU has outlived its parent');
  });
});
