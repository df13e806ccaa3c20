/**
 * Power-of-choice (Cho 2020, arXiv 2010.01243), its variant rpow-d: d candidates are drawn by their share of the samples
 * without replacement, and of these the m with the greatest local loss are asked. The loss is the one that a client told
 * with its last update (of the model as it came, one pass over its samples; else of its training), so nothing is asked of
 * mere candidates; who has not told one yet counts as infinite, in the order of the draw. d = m is sampling by samples; the greater d, the faster and
 * the more biased. The mean gives each update the same weight, as the paper does.
 *
 * The losses are what clients say: one that lies can have itself asked more often, at most in each round that draws it.
 */
import { generator } from '../../random/generator';
import { type Sampler, sortedIds } from './sampler';
import { bySamples } from './weighted';

export function samplePowerOfChoice(count: number, candidates: number): Sampler {
  const size = (available: number): number => Math.min(available, count);
  return {
    size,
    equalWeights: true,
    needsLoss: true,
    choose(clients, { seed, words }) {
      const random = generator(seed, 'power of choice', ...words);
      const drawn = bySamples(clients, Math.max(candidates, count), random);
      const greatest = drawn
        .map((client, order) => ({ client, order, loss: client.loss ?? Number.POSITIVE_INFINITY }))
        .sort((a, b) => (a.loss === b.loss ? a.order - b.order : b.loss - a.loss))
        .slice(0, size(clients.length))
        .map(({ client }) => client);
      return { cohort: sortedIds(greatest), state: '' };
    },
  };
}
