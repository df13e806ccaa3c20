/** Everybody who is there, every round. */
import { type Sampler, sortedIds } from './sampler';

export const sampleAll: Sampler = {
  size: (available) => available,
  choose: (clients) => ({ cohort: sortedIds(clients), state: '' }),
};
