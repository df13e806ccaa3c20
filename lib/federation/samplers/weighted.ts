/**
 * By the number of samples, without replacement: each draw takes one of those that are left with a probability in
 * proportion to its samples. All draws at once by the keys of Efraimidis & Spirakis (2006, doi:10.1016/j.ipl.2005.11.003):
 * the smallest of e_k / n_k with e_k exponential are the same distribution. A client without samples comes last.
 *
 * A client with many samples is drawn more often already, so the mean of what was drawn gives each update the same weight
 * (as in scheme I of Li 2020, arXiv 1907.02189); weights by samples would count them twice.
 */
import { type Generator, generator } from '../../random/generator';
import { type Candidate, type Sampler, sortedIds } from './sampler';

const keyOf = (uniform: number, samples: number): number =>
  samples > 0 ? -Math.log1p(-uniform) / samples : Number.POSITIVE_INFINITY;

/** `take` of the clients, in the order in which successive draws would take them. */
export function bySamples(clients: readonly Candidate[], take: number, random: Generator): Candidate[] {
  return clients
    .map((client) => ({ client, key: keyOf(random.uniform(), client.samples) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.client.id < b.client.id ? -1 : 1))
    .slice(0, take)
    .map(({ client }) => client);
}

export function sampleWeighted(count: number): Sampler {
  const size = (available: number): number => Math.min(available, count);
  return {
    size,
    equalWeights: true,
    choose(clients, { seed, words }) {
      const random = generator(seed, 'weighted cohort', ...words);
      return { cohort: sortedIds(bySamples(clients, size(clients.length), random)), state: '' };
    },
  };
}
