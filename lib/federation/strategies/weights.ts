/** What an update counts: by its samples, or as each other. */
import { RefusedError } from '../../refused';
import type { Aggregate, UpdateFacts } from './strategy';

/** n_k. Throws RefusedError 'bad-samples'. */
export function bySamples({ client, samples, count }: UpdateFacts): number {
  if (!Number.isSafeInteger(samples) || samples < 0) {
    throw new RefusedError(
      'bad-samples',
      `The update of "${client}" says that it was trained on ${samples} samples: send a whole number that is not negative.`,
    );
  }
  return count ?? samples;
}

export const alike = (): number => 1;

/** The mean of what came. Throws RefusedError 'no-samples' when all weights are 0. */
export function meanOf(aggregate: Aggregate): Float32Array {
  if (!(aggregate.totalWeight > 0)) {
    throw new RefusedError(
      'no-samples',
      'No update of this round was trained on a sample, so there is nothing to average: give the clients samples.',
    );
  }
  return aggregate.mean();
}
