/** The samplers by name. */
import { sampleAll } from './all';
import { fractionOf, sampleRandom } from './random';
import { sampleRoundRobin } from './round-robin';
import type { Sampler, SamplerOptions } from './sampler';

export function createSampler(options: SamplerOptions): Sampler {
  switch (options.name) {
    case 'all':
      return sampleAll;
    case 'random':
      return sampleRandom('count' in options ? () => options.count : fractionOf(options.fraction, options.minimum));
    case 'round-robin':
      return sampleRoundRobin(options.count);
  }
}
