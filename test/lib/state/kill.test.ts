import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generator } from '../../../lib/random/generator';
import { createStore } from '../../../lib/state';

const INSTANTS = 60;
/** Of all the killed writers together: a busy machine needs more of them for as many. */
const WRITES = 60;

/** Runs the writer, kills it `delayMs` after its first write; the last number that it said. */
function killed(folder: string, delayMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(__dirname, 'writer-process.js'), folder]);
    let said = '';
    let errors = '';
    let timer: NodeJS.Timeout | undefined;
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.stdout.on('data', (chunk) => {
      said += chunk;
      timer ??= setTimeout(() => child.kill('SIGKILL'), delayMs);
    });
    child.on('error', reject);
    child.on('close', (_code, signal) => {
      clearTimeout(timer);
      if (signal !== 'SIGKILL') reject(new Error(`The writer ended by itself: ${errors}`));
      // The last line may be cut.
      else resolve(Number(said.slice(0, said.lastIndexOf('\n')).split('\n').at(-1)) || 0);
    });
  });
}

describe('store, killed', () => {
  it(`is readable after each of ${INSTANTS} kills and more, and never forgets what it said was written`, async function () {
    this.timeout(120_000);
    const folder = await mkdtemp(join(tmpdir(), 'fl-kill-'));
    try {
      const random = generator(6, 'kill');
      let last = 0;
      for (let i = 0; i < INSTANTS || last <= WRITES; i++) {
        // Microseconds count: the event loop's own jitter spreads the instants over a write.
        const said = await killed(folder, random.uniform() * 25);
        const found = await createStore(folder).read('victim');
        const number = (found?.json as { number: number } | undefined)?.number ?? 0;
        assert.equal(found?.fallback, undefined);
        assert.ok(number >= Math.max(said, last), `${number} read, ${said} said, ${last} before`);
        const weights = found?.parts.weights;
        assert.ok(number === 0 || (weights?.length === 200_000 && weights.every((byte) => byte === number % 251)));
        last = number;
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
