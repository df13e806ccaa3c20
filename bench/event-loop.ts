/** How long the event loop is held up while ten clients train in the worker pool: the flows of the user wait so long. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createPool } from '../lib/training';
import type { Row } from './measure';
import { denseJob } from './training';

const CLIENTS = 10;
const LIMIT_MS = 30;

export async function eventLoop(): Promise<Row[]> {
  const pool = createPool();
  try {
    const job = denseJob(1600, 100);
    await pool.train(job);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    await Promise.all(Array.from({ length: CLIENTS }, () => pool.train(job)));
    delay.disable();
    const value = delay.percentile(99) / 1e6;
    return [{ name: 'event-loop/p99', value, unit: 'ms', against: `${LIMIT_MS} ms`, ratio: LIMIT_MS / value }];
  } finally {
    await pool.close();
  }
}
