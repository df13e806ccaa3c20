/** One after the other by id. It remembers the last one asked, so clients that come and go between rounds shift nobody out. */
import type { Sampler } from './sampler';

export function sampleRoundRobin(count: number): Sampler {
  const size = (available: number): number => Math.min(available, count);
  return {
    size,
    choose(clients, { state: last }) {
      // Nobody behind the last one (-1): from the front again.
      const start = Math.max(
        0,
        clients.findIndex(({ id }) => id > last),
      );
      const cohort = Array.from({ length: size(clients.length) }, (_, i) => clients[(start + i) % clients.length].id);
      return { cohort: [...cohort].sort(), state: cohort.at(-1) ?? last };
    },
  };
}
