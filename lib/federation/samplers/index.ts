/** The samplers by name. */
import { sampleAll } from './all';
import { sampleAvailability } from './availability';
import { samplePoisson } from './poisson';
import { samplePowerOfChoice } from './power-of-choice';
import { fractionOf, sampleRandom } from './random';
import { sampleRoundRobin } from './round-robin';
import type { Sampler, SamplerOptions } from './sampler';
import { sampleWeighted } from './weighted';

/** `over`: asks so much more than it otherwise would (0.3: 30 % more). Only those that take a number or a share can. */
export function createSampler(options: SamplerOptions, over = 0): Sampler {
  const more = (count: number): number => Math.ceil(count * (1 + over) - 1e-9);
  switch (options.name) {
    case 'all':
      return sampleAll;
    case 'random': {
      const sizeOf = 'count' in options ? () => options.count : fractionOf(options.fraction, options.minimum);
      return sampleRandom((available) => more(sizeOf(available)));
    }
    case 'round-robin':
      return sampleRoundRobin(more(options.count));
    case 'weighted':
      return sampleWeighted(more(options.count));
    case 'power-of-choice':
      return samplePowerOfChoice(more(options.count), options.candidates);
    case 'availability':
      return sampleAvailability(more(options.count), options);
    case 'poisson':
      return samplePoisson(options.probability);
  }
}
