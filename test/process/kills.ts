/** kill -9 of a learning Node-RED at random instants: what each life must find of the lives before it. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { generator } from '../../lib/random/generator';
import type { FlowNode } from '../../scripts/lib/admin-api';
import { launchNodeRed, makeUserDir } from '../../scripts/lib/node-red-process';
import type { Heard } from './heard';

/** A life that has not finished a round after so long (ms) has not gone on. */
const patience = 180_000;

/** What is drawn, and what of the errors belongs to it. */
export interface Drawing {
  flows(): FlowNode[];
  expects?: RegExp;
  /** What of a round shows that there was something to lose: the last life goes on until then. */
  comesTo?: RegExp;
}

export interface Life {
  heard: Heard[];
  /** What to say when something was wrong with it. */
  place: string;
}

/** A Node-RED until `isEnough` says so of what it has told, or until patience ends; then killed after `ms` more. */
async function live(
  { flows, expects = /^never$/ }: Drawing,
  where: { version: 4 | 5; userDir: string },
  isEnough: (heard: Heard[]) => boolean,
  ms: number,
): Promise<Life> {
  const heard: Heard[] = [];
  let told: () => void = () => {};
  const enough = new Promise<void>((resolve) => {
    told = resolve;
  });
  const nodeRed = await launchNodeRed({
    ...where,
    plain: true,
    flows: flows(),
    onReport: (value) => {
      heard.push(value as Heard);
      if (isEnough(heard)) told();
    },
  });
  try {
    if (!isEnough(heard)) await Promise.race([enough, sleep(patience, undefined, { ref: false })]);
    await sleep(ms);
  } finally {
    await nodeRed.kill();
  }
  const log = nodeRed.log().join('\n');
  const place = `killed after ${heard.length} messages:\n${log.slice(-3000)}`;
  assert.deepEqual(
    heard.filter((message) => message.kind === 'error' && !expects.test(message.message)),
    [],
    place,
  );
  const lines = nodeRed.log().filter((line) => !expects.test(line));
  assert.doesNotMatch(lines.join('\n'), /\[error\]|\[warn\] \[fl-|uncaught/i, place);
  return { heard, place };
}

const rounds = (heard: readonly Heard[]) => heard.flatMap((message) => (message.kind === 'round' ? [message] : []));

/**
 * Lives alternate between both versions of Node-RED, in one user directory. Most are killed a random time after the start
 * of the flows, so that the instant may lie in the reading of the state, in a round, or in the writing of one. Gives the lives,
 * and the last round that was told.
 */
export async function killSeries(
  drawing: Drawing,
  kills: number,
  seed: number,
): Promise<{ lives: Life[]; rounds: number }> {
  const { comesTo = /^/ } = drawing;
  const random = generator(seed, 'kills');
  const userDir = makeUserDir();
  const lives: Life[] = [];
  let finished = 0;
  /** Kills since a round was told of: each may have come between the writing of a round and its telling. */
  let untold = 0;
  try {
    for (let number = 0; number <= kills; number++) {
      const last = number === kills;
      // The first life, and every third, must reach a round; the others may die before.
      const mustReach = last || number % 3 === 0;
      const life = await live(
        drawing,
        { version: number % 2 === 0 ? 4 : 5, userDir },
        (heard) => !mustReach || rounds(heard).some(({ told = '' }) => !last || comesTo.test(told)),
        last ? 0 : random.uniform() * 1500,
      );
      lives.push(life);
      const place = `life ${number}, ${life.place}`;
      const told = rounds(life.heard);
      if (mustReach) assert.ok(told.length > 0, `no round: ${place}`);
      if (told.length > 0) {
        // It goes on from the last finished round, or from one that was written but not yet told when the kill came.
        const [first] = told;
        assert.ok(
          first.round >= finished && first.round <= finished + 1 + untold,
          `${first.round} after ${finished}: ${place}`,
        );
        for (let i = 1; i < told.length; i++) assert.equal(told[i].round, told[i - 1].round + 1, place);
        finished = told[told.length - 1].round;
        untold = 0;
      }
      untold++;
    }
  } finally {
    rmSync(userDir, { recursive: true, force: true });
  }
  return { lives, rounds: finished };
}

/** One life that is left alone until it has told of so many rounds. */
export async function leftAlone(drawing: Drawing, count: number): Promise<Life> {
  const userDir = makeUserDir();
  try {
    const life = await live(drawing, { version: 4, userDir }, (heard) => rounds(heard).length >= count, 0);
    assert.ok(rounds(life.heard).length >= count, life.place);
    return life;
  } finally {
    rmSync(userDir, { recursive: true, force: true });
  }
}

/** The rounds of a life, and what was told of each. */
export const roundsOf = ({ heard }: Life) => rounds(heard);
