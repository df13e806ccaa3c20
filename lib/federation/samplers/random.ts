/** Uniform sampling without replacement: each subset of the size is as likely as any other (McMahan 2017, C-fraction). */
import { type Generator, generator } from '../../random/generator';
import { type Sampler, sortedIds } from './sampler';

/** The first steps of a Fisher-Yates shuffle. */
export function uniformly<T>(items: readonly T[], take: number, random: Generator): T[] {
  const pool = [...items];
  const most = Math.min(take, pool.length);
  for (let i = 0; i < most; i++) {
    const j = i + random.below(pool.length - i);
    [pool[i], pool[j]] = [pool[j], pool[i]];
  }
  return pool.slice(0, most);
}

export function sampleRandom(sizeOf: (available: number) => number): Sampler {
  const size = (available: number): number => Math.min(available, sizeOf(available));
  return {
    size,
    choose(clients, { seed, words }) {
      const random = generator(seed, 'cohort', ...words);
      return { cohort: sortedIds(uniformly(clients, size(clients.length), random)), state: '' };
    },
  };
}

/** max(minimum, floor(fraction * available)). */
export const fractionOf =
  (fraction: number, minimum: number) =>
  (available: number): number =>
    Math.max(minimum, Math.floor(fraction * available));
