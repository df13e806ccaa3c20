/** What a strategy gets where only the sum of a round is known. */
import type { PrivacyClaim } from '../../update/message';
import type { RoundAggregate } from '../aggregation';
import type { UpdateFacts } from '../strategies/strategy';

export interface OpenedSum {
  /** The weighted mean of the updates. */
  mean: Float32Array;
  /** The sum of their weights. */
  weight: number;
}

/** `updates`: of the clients whose updates are in the sum. `counted`: the weights are samples. */
export function sumAggregate(
  { mean, weight }: OpenedSum,
  updates: readonly UpdateFacts[],
  {
    clients,
    counted,
    privacy,
    dropped,
  }: { clients: number; counted: boolean; privacy?: PrivacyClaim; dropped: number },
): RoundAggregate {
  const nothingElse = (): never => {
    throw new RangeError('Of a masked round nothing is known but the mean of all its updates.');
  };
  return {
    privacy,
    clients,
    updates,
    ...(counted ? { samples: Math.round(weight) } : {}),
    secure: { masked: updates.length, dropped },
    // What each counts nobody knows: on average.
    weights: updates.map(() => weight / updates.length),
    totalWeight: weight,
    mean: (which = 0, divisor = weight) => {
      if (which !== 0) return nothingElse();
      return divisor === weight ? mean : mean.map((value) => (value * weight) / divisor);
    },
    central: () => undefined,
    vectors: nothingElse,
    part: nothingElse,
  };
}
