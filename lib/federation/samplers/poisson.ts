/**
 * Poisson sampling: a coin for each client in each round, independent of all others. The size of a cohort is then a matter
 * of chance (binomial), and this is the sampling for which the accountant of docs/privacy.md takes a rate below 1.
 */
import { generator } from '../../random/generator';
import { type Sampler, sortedIds } from './sampler';

export function samplePoisson(probability: number): Sampler {
  return {
    size: (available) => available,
    expected: (available) => probability * available,
    choose(clients, { seed, words }) {
      const random = generator(seed, 'poisson cohort', ...words);
      return { cohort: sortedIds(clients.filter(() => random.uniform() < probability)), state: '' };
    },
  };
}
