/** One after the other by id. It remembers the last one asked, so clients that come and go between rounds shift nobody out. */
import type { Sampler } from './sampler';

export function sampleRoundRobin(count: number): Sampler {
  const size = (available: number): number => Math.min(available, count);
  return {
    size,
    choose(clients, _seed, _words, last) {
      const next = clients.findIndex((id) => id > last);
      const start = next < 0 ? 0 : next;
      const cohort = Array.from({ length: size(clients.length) }, (_, i) => clients[(start + i) % clients.length]);
      return { cohort: [...cohort].sort(), state: cohort.at(-1) ?? last };
    },
  };
}
