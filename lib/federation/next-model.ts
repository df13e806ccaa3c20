/** From the aggregate of a round to the next model, and what is told of it. */
import type { Kernels } from '../core/kernels';
import { RefusedError } from '../refused';
import type { PrivacyClaim } from '../update/message';
import type { Learned } from './checkpoint';
import { meanLoss, type RoundMetrics } from './metrics';
import type { Aggregate, Strategy } from './strategies/strategy';

export interface NextModel {
  learned: Learned;
  told: Pick<RoundMetrics, 'samples' | 'loss' | 'updateNorm' | 'privacy'>;
}

/** Throws RefusedError when nothing can be made of the round. Changes nothing of `learned`. */
export function nextModel(
  learned: Learned,
  aggregate: Aggregate & { privacy?: PrivacyClaim },
  strategy: Strategy,
  kernels: Pick<Kernels, 'allFinite' | 'norm'>,
): NextModel {
  const { weights: before, strategyState: stateBefore } = learned;
  const { state: strategyState, model: weights } = strategy.apply(stateBefore, before, aggregate);
  if (!kernels.allFinite(weights)) {
    throw new RefusedError('not-finite', 'The averaged model is not finite: lower the learning rate of the clients.');
  }
  const change = new Float32Array(weights.length);
  for (let i = 0; i < change.length; i++) change[i] = weights[i] - before[i];
  const { updates, privacy } = aggregate;
  const loss = meanLoss(updates);
  return {
    learned: { ...learned, weights, strategyState, privacy },
    told: {
      samples: updates.reduce((sum, { samples }) => sum + samples, 0),
      ...(loss === undefined ? {} : { loss }),
      updateNorm: kernels.norm(change),
      ...(privacy ? { privacy } : {}),
    },
  };
}
