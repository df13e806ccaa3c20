/** How long the event loop is held up by what the worker pool does: the flows of the user wait so long. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { addNoiseOf, type PrivacyPlan, plannedNoise, systemNoise } from '../lib/privacy';
import { createPool, type Pool } from '../lib/training';
import type { Row } from './measure';
import { denseJob } from './training';

const CLIENTS = 10;
const LIMIT_MS = 30;
const NUMBERS = 1_000_000;
const plan: PrivacyPlan = { mode: 'central', delta: 1e-5, releases: 1000, samplingRate: 0.01, accountant: 'pld' };

/** Ms that others waited while `work` was under way: the longest, and all but one in a hundred. */
async function held(work: () => Promise<unknown>): Promise<{ longest: number; p99: number }> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await work();
  delay.disable();
  return { longest: delay.max / 1e6, p99: delay.percentile(99) / 1e6 };
}

async function training(pool: Pool): Promise<Row> {
  const job = denseJob(1600, 100);
  await pool.train(job);
  const { p99: value } = await held(() => Promise.all(Array.from({ length: CLIENTS }, () => pool.train(job))));
  return { name: 'event-loop/p99', value, unit: 'ms', against: `${LIMIT_MS} ms`, ratio: LIMIT_MS / value };
}

/** The longest hold against that of doing it here. */
async function against(name: string, there: () => Promise<unknown>, here: () => unknown): Promise<Row> {
  const { longest: value } = await held(there);
  const started = performance.now();
  here();
  const ratio = (performance.now() - started) / value;
  return { name: `event-loop/${name}`, value, unit: 'ms', against: 'done here', ratio };
}

export async function eventLoop(): Promise<Row[]> {
  const pool = createPool();
  try {
    return [
      await training(pool),
      await against(
        'noise',
        () => pool.noised(new Float32Array(NUMBERS), { sigma: 1 }),
        () => addNoiseOf(new Float32Array(NUMBERS), { sigma: 1 }, systemNoise()),
      ),
      await against(
        'plan',
        () => pool.plannedNoise(plan, { epsilon: 1 }),
        () => plannedNoise(plan, { epsilon: 1 }),
      ),
    ];
  } finally {
    await pool.close();
  }
}
