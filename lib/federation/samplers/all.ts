/** Everybody who is there, every round. */
import type { Sampler } from './sampler';

export const sampleAll: Sampler = {
  size: (available) => available,
  choose: (clients) => ({ cohort: [...clients], state: '' }),
};
