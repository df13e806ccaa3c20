import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generator } from '../../../lib/random/generator';

interface Life {
  rounds: number[];
  end?: string;
  refused: string[];
}

interface Kill {
  /** So many models have gone out in this life, */
  rounds: number;
  /** and then so long. */
  ms: number;
}

/** Runs the federation in `folder` (none: without a store). */
function live(folder: string, more: string[], kill?: Kill): Promise<Life> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(__dirname, 'federation-process.js'), folder, ...more]);
    let said = '\n';
    let errors = '';
    let timer: NodeJS.Timeout | undefined;
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.stdout.on('data', (chunk) => {
      said += chunk;
      if (!kill || said.split('\nround ').length <= kill.rounds) return;
      timer ??= setTimeout(() => child.kill('SIGKILL'), kill.ms);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code !== 0 && signal !== 'SIGKILL') {
        reject(new Error(`The federation ended by itself: ${errors}`));
        return;
      }
      // The last line may be cut.
      const lines = said.slice(0, said.lastIndexOf('\n') + 1).split('\n');
      const told = (word: string): string[] =>
        lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
      resolve({ rounds: told('round').map(Number), end: told('end')[0], refused: told('refused') });
    });
  });
}

describe('a federation, killed', () => {
  // Both of its sides at once: the aggregator keeps c, each client its c_i; and each client a personal model.
  const kinds: Record<string, string[]> = { SCAFFOLD: ['scaffold'], 'Ditto beside FedAvg': ['fedavg', 'personal'] };
  for (const [name, more] of Object.entries(kinds))
    it(`${name}: goes on from the last model that went out, each time, and ends with the same bits`, async function () {
      this.timeout(300_000);
      const uninterrupted = await live('', more);
      assert.ok(uninterrupted.end);
      const folder = await mkdtemp(join(tmpdir(), 'fl-killed-'));
      try {
        const random = generator(12, 'kill');
        let reached = 1;
        let kills = 0;
        for (;;) {
          const life = await live(folder, more, { rounds: 1 + random.below(12), ms: random.uniform() * 20 });
          assert.deepEqual(life.refused, []);
          if (life.rounds.length > 0) {
            // A model that went out is never taken back.
            assert.ok(life.rounds[0] >= reached, `begins with ${life.rounds[0]}, ${reached} was out`);
            reached = Math.max(reached, ...life.rounds);
          }
          if (life.end) {
            assert.equal(life.end, uninterrupted.end);
            break;
          }
          kills++;
        }
        assert.ok(kills >= 5, `only ${kills} kills`);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });
});
