/** Long work in WebAssembly, a slice at a time. */
import { setImmediate } from 'node:timers/promises';
import { abortError } from '../abort';

/** A slice between two looks at progress aims at this. */
export const SLICE_MS = 8;

/**
 * Calls `work(n)` with n grown or shrunk to the time of a slice. It gives how much it did; less than n: it is finished.
 * `go` hears of what was done, and false stops the job.
 */
export async function inSlices(work: (n: number) => number, go: (done: number) => boolean): Promise<void> {
  for (let n = 1; ; ) {
    const from = performance.now();
    const done = work(n);
    const took = performance.now() - from;
    if (done > 0 && !go(done)) throw abortError();
    if (done < n) return;
    if (took < SLICE_MS / 2) n *= 2;
    else if (took > SLICE_MS * 2) n = Math.max(1, n >> 1);
    await setImmediate();
  }
}
