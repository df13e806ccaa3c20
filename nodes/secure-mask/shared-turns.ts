/** All masks of a Node-RED take turns: however many there are, the flows of the user wait for one step of one of them. */
import type { EventEmitter } from 'node:events';
import { createTurns, type Turns } from '../../lib/federation/secure/turns';
import { type Red, runtimeKey } from '../shared/red';

const runtimes = new WeakMap<EventEmitter, Turns>();

export function sharedTurns(RED: Red): Turns {
  const key = runtimeKey(RED);
  const turns = runtimes.get(key) ?? createTurns();
  runtimes.set(key, turns);
  return turns;
}
