/** kill -9 of a learning Node-RED at random instants: what each life must find of the lives before it. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { generator } from '../../lib/random/generator';
import { launchNodeRed, makeUserDir } from '../../scripts/lib/node-red-process';
import { type Heard, privateFactory } from './flows';

/** A life that has not finished a round after so long (ms) has not gone on. */
const patience = 60_000;

/**
 * Lives alternate between both versions of Node-RED, in one user directory. Most are killed a random time after the start
 * of the flows, so that the instant may lie in the reading of the state, in a round, or in the writing of one.
 */
export async function killSeries(kills: number, seed: number): Promise<{ rounds: number; epsilon: number }> {
  const random = generator(seed, 'kills');
  const userDir = makeUserDir();
  let finished = 0;
  /** Kills since a round was told of: each may have come between the writing of a round and its telling. */
  let untold = 0;
  const spent = new Map<string, number>();
  try {
    for (let life = 0; life <= kills; life++) {
      const heard: Heard[] = [];
      let told: () => void = () => {};
      const firstRound = new Promise<void>((resolve) => {
        told = resolve;
      });
      const nodeRed = await launchNodeRed({
        version: life % 2 === 0 ? 4 : 5,
        userDir,
        flows: privateFactory(),
        onReport: (value) => {
          heard.push(value as Heard);
          if ((value as Heard).kind === 'round') told();
        },
      });
      try {
        const last = life === kills;
        // The first life, and every third, must reach a round; the others may die before.
        if (last || life % 3 === 0) await Promise.race([firstRound, sleep(patience, undefined, { ref: false })]);
        if (!last) await sleep(random.uniform() * 1500);
      } finally {
        await nodeRed.kill();
      }
      const log = nodeRed.log().join('\n');
      const place = `life ${life}, killed after ${heard.length} messages:\n${log.slice(-3000)}`;

      assert.deepEqual(
        heard.filter(({ kind }) => kind === 'error'),
        [],
        place,
      );
      assert.doesNotMatch(log, /\[error\]|\[warn\] \[fl-|uncaught/i, place);
      const rounds = heard.flatMap((message) => (message.kind === 'round' ? [message] : []));
      if (life % 3 === 0) assert.ok(rounds.length > 0, `no round: ${place}`);
      if (rounds.length > 0) {
        // It goes on from the last finished round, or from one that was written but not yet told when the kill came.
        const [first] = rounds;
        assert.ok(
          first.round >= finished && first.round <= finished + 1 + untold,
          `${first.round} after ${finished}: ${place}`,
        );
        for (let i = 1; i < rounds.length; i++) assert.equal(rounds[i].round, rounds[i - 1].round + 1, place);
        finished = rounds[rounds.length - 1].round;
        untold = 0;
      }
      untold++;
      for (const message of heard) {
        if (message.kind !== 'privacy') continue;
        const before = spent.get(message.client) ?? 0;
        assert.ok(message.epsilon > before, `${message.client}: epsilon ${message.epsilon} after ${before}: ${place}`);
        spent.set(message.client, message.epsilon);
      }
    }
  } finally {
    rmSync(userDir, { recursive: true, force: true });
  }
  assert.equal(spent.size, 10);
  return { rounds: finished, epsilon: Math.max(...spent.values()) };
}
