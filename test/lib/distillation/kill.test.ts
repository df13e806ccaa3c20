/** A federation of unlike networks that is killed again and again: what each network has learned is not lost, to the bit. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Generator, generator } from '../../../lib/random/generator';
import { lifeOf } from '../killed-process';

const script = join(__dirname, 'federation-process.js');

/** A federation from its first round to its last, killed again and again; gives how often. */
async function killed(end: string, random: Generator): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'fl-killed-'));
  try {
    let reached = 1;
    for (let kills = 0; ; kills++) {
      const said = await lifeOf(script, [folder], { rounds: 1 + random.below(5), ms: random.uniform() * 30 });
      assert.deepEqual(said('refused'), []);
      const rounds = said('round').map(Number);
      if (rounds.length > 0) {
        assert.ok(rounds[0] >= reached, `begins with ${rounds[0]}, ${reached} was out`);
        reached = Math.max(reached, ...rounds);
      }
      const [ended] = said('end');
      if (!ended) continue;
      assert.equal(ended, end);
      return kills;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('a federation of unlike networks, killed', () => {
  it('goes on from the last model that went out, each time, and ends with the same bits', async () => {
    const [end] = (await lifeOf(script, ['']))('end');
    assert.match(end, /client-1 20 .*client-2 20 .*client-3 20 /);
    const random = generator(13, 'kill');
    // Where the machine is busy a life goes on for long before its kill comes: then another federation is killed as well.
    for (let kills = 0; kills < 3; ) kills += await killed(end, random);
  });
});
