/** Uniform sampling without replacement: each subset of the size is as likely as any other (McMahan 2017, C-fraction). */
import { generator } from '../../random/generator';
import type { Sampler } from './sampler';

export function sampleRandom(sizeOf: (available: number) => number): Sampler {
  const size = (available: number): number => Math.min(available, sizeOf(available));
  return {
    size,
    choose(clients, seed, words) {
      const random = generator(seed, 'cohort', ...words);
      const pool = [...clients];
      const take = size(pool.length);
      // The first steps of a Fisher-Yates shuffle.
      for (let i = 0; i < take; i++) {
        const j = i + random.below(pool.length - i);
        [pool[i], pool[j]] = [pool[j], pool[i]];
      }
      return { cohort: pool.slice(0, take).sort(), state: '' };
    },
  };
}

/** max(minimum, floor(fraction * available)). */
export const fractionOf =
  (fraction: number, minimum: number) =>
  (available: number): number =>
    Math.max(minimum, Math.floor(fraction * available));
