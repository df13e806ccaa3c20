/** The private factory, killed: epsilon only grows, whatever is forgotten, and a tree of noise goes on. */
import assert from 'node:assert/strict';
import { privateFactory } from './flows';
import { killSeries, type Life } from './kills';

/** The epsilon of each client, over all lives. */
function onlyGrows(lives: readonly Life[]): number {
  const spent = new Map<string, number>();
  for (const { heard, place } of lives) {
    for (const message of heard) {
      if (message.kind !== 'privacy') continue;
      const before = spent.get(message.client) ?? 0;
      assert.ok(message.epsilon > before, `${message.client}: epsilon ${message.epsilon} after ${before}: ${place}`);
      spent.set(message.client, message.epsilon);
    }
  }
  assert.equal(spent.size, 10);
  return Math.max(...spent.values());
}

export async function privateKills(kills: number, seed: number): Promise<{ rounds: number; epsilon: number }> {
  const { lives, rounds } = await killSeries({ flows: () => privateFactory() }, kills, seed);
  return { rounds, epsilon: onlyGrows(lives) };
}

/** Central noise of a tree of ten levels. */
export async function treeKills(kills: number, seed: number): Promise<{ rounds: number; epsilon: number }> {
  const tree = { mode: 'central', mechanism: 'tree', releases: '1000', participations: '1000', separation: '1' };
  const { lives, rounds } = await killSeries({ flows: () => privateFactory(tree) }, kills, seed);
  for (const { heard, place } of lives) {
    for (const message of heard) {
      if (message.kind !== 'round' || message.void !== undefined) continue;
      assert.deepEqual([message.tree?.begun, message.tree?.leaf], [1, message.round], place);
    }
  }
  return { rounds, epsilon: onlyGrows(lives) };
}
