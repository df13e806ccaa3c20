/** Noise on many numbers is drawn in the worker pool, on few at once. */
import { systemNoise } from '../../lib/privacy/noise';
import { addNoiseOf, drawsOf, type Noising } from '../../lib/privacy/noising';
import type { Pool } from '../../lib/training/pool';
import type { Lease } from './lease';

/** Normal numbers drawn at once: some milliseconds. */
const AT_ONCE = 16384;

/** What is under way ends with the signal. */
export function createNoising(pool: Lease<Pool>, signal: AbortSignal): Noising {
  const source = systemNoise();
  return async (vector, job) =>
    drawsOf(vector, job) <= AT_ONCE
      ? addNoiseOf(vector, job, source)
      : (await pool.get()).noised(vector, job, { signal });
}
