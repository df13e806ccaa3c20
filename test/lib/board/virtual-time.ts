/** Lets promises and a clock that stands go on together. */
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { ManualClock } from '../federation/manual-clock';

/** Moves the clock from call to call until the promise has settled; fails after `most` ms of that clock. */
export async function inTime<T>(clock: ManualClock, promise: Promise<T>, most = 600_000): Promise<T> {
  let settled = false;
  const done = (): void => {
    settled = true;
  };
  promise.then(done, done);
  const end = clock.now() + most;
  while (!settled) {
    await setImmediate();
    if (settled) break;
    assert.ok(clock.now() < end, `not done after ${most} ms`);
    clock.advance(clock.next ?? 1);
  }
  return promise;
}
