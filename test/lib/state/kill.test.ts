import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generator } from '../../../lib/random/generator';
import { createStore } from '../../../lib/state';
import { lifeOf } from '../killed-process';

const INSTANTS = 60;
/** Of all the killed writers together: a busy machine needs more of them for as many. */
const WRITES = 60;

const script = join(__dirname, 'writer-process.js');

/** Runs the writer, kills it so long after it has begun to write; the last number that it said. */
async function killed(folder: string, ms: number): Promise<number> {
  const said = await lifeOf(script, [folder], { word: 'from', rounds: 1, ms });
  return Number(said('wrote').at(-1) ?? 0);
}

describe('store, killed', () => {
  it(`is readable after each of ${INSTANTS} kills and more, and never forgets what it said was written`, async () => {
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
