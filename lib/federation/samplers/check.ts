/** Refuses a sampler whose numbers make no sense. */
import { bad, whole, within } from '../settings';
import type { SamplerOptions } from './sampler';

export function checkSampler(sampler: SamplerOptions): void {
  if ('count' in sampler) whole(sampler.count, 'the number of sampled clients', 1, 1e6);
  if ('fraction' in sampler) {
    within(sampler.fraction, 'the sampled fraction', 0, 1, true);
    whole(sampler.minimum, 'the smallest number of sampled clients', 1, 1e6);
  }
  switch (sampler.name) {
    case 'power-of-choice':
      whole(sampler.candidates, 'the number of candidates', 1, 1e6);
      if (sampler.candidates < sampler.count) {
        throw bad(`Draw at least ${sampler.count} candidates: of them ${sampler.count} are asked.`);
      }
      return;
    case 'availability':
      within(sampler.minBattery ?? 0, 'the least charge of a battery in %', 0, 100);
      within(sampler.minBytesPerSecond ?? 0, 'the slowest link in bytes per second', 0, 1e12);
      return;
    case 'poisson':
      within(sampler.probability, 'the probability of being asked', 0, 1, true);
      return;
    default:
  }
}
