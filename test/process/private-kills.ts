/** The private factory, killed: epsilon only grows, whatever is forgotten. */
import assert from 'node:assert/strict';
import { privateFactory } from './flows';
import { killSeries } from './kills';

export async function privateKills(kills: number, seed: number): Promise<{ rounds: number; epsilon: number }> {
  const { lives, rounds } = await killSeries({ flows: privateFactory }, kills, seed);
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
  return { rounds, epsilon: Math.max(...spent.values()) };
}
