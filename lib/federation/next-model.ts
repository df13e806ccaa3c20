/** From the aggregate of a round to the next model, and what is told of it. */
import type { Kernels } from '../core/kernels';
import type { CentralRelease } from '../privacy/central';
import { RefusedError } from '../refused';
import type { PrivacyClaim, Threshold } from '../update/message';
import type { Learned } from './checkpoint';
import { meanLoss, type RoundMetrics } from './metrics';
import { isWanted, losersOf, nothingSettled, settle } from './settlement';
import type { Aggregate, Strategy, UpdateFacts } from './strategies/strategy';
import { groupThresholds, type ThresholdOptions, thresholdOf } from './threshold';

export interface NextModel {
  learned: Learned;
  told: Pick<
    RoundMetrics,
    'samples' | 'loss' | 'updateNorm' | 'privacy' | 'clipping' | 'tree' | 'groups' | 'threshold' | 'lost'
  >;
}

const samplesOf = (updates: readonly UpdateFacts[]): number => updates.reduce((sum, { samples }) => sum + samples, 0);

const partsOf = (aggregate: Aggregate, count: number): (readonly UpdateFacts[])[] =>
  Array.from({ length: count }, (_, group) => aggregate.part(group).updates);

function groupOf(
  updates: readonly UpdateFacts[],
  threshold: Threshold | null | undefined,
): NonNullable<RoundMetrics['groups']>[number] {
  const loss = meanLoss(updates);
  return {
    clients: updates.map(({ client }) => client),
    samples: samplesOf(updates),
    ...(loss === undefined ? {} : { loss }),
    ...(threshold ? { threshold } : {}),
  };
}

export interface NextModelParts {
  /** The round that closes. */
  round: number;
  strategy: Strategy;
  kernels: Pick<Kernels, 'allFinite' | 'norm'>;
  /** Of anomalies, where one is wanted. */
  threshold?: ThresholdOptions;
  /** Whom the rule has left out: what they say of their samples counts no more than their updates. */
  rejected?: ReadonlySet<string>;
}

/** Throws RefusedError when nothing can be made of the round. Changes nothing of `learned`. */
export function nextModel(
  learned: Learned,
  aggregate: Aggregate & { privacy?: PrivacyClaim; samples?: number; central?(): CentralRelease | undefined },
  { round, strategy, kernels, threshold: wanted, rejected }: NextModelParts,
): NextModel {
  const { weights: before, strategyState: stateBefore } = learned;
  const { state: after, model: weights } = strategy.apply(stateBefore, before, aggregate);
  const losers = losersOf(learned.settlement, aggregate.updates, strategy.local);
  const lost = losers.length > 0;
  const strategyState = lost ? strategy.start(weights.length) : after;
  if (!kernels.allFinite(weights)) {
    throw new RefusedError('not-finite', 'The averaged model is not finite: lower the learning rate of the clients.');
  }
  if (!Object.values(strategyState.vectors).every((vector) => kernels.allFinite(vector))) {
    throw new RefusedError(
      'not-finite',
      `What ${strategy.name} remembers is not finite any more: lower the learning rates.`,
    );
  }
  const change = new Float32Array(weights.length);
  for (let i = 0; i < change.length; i++) change[i] = weights[i] - before[i];
  const { updates, privacy, samples = samplesOf(updates) } = aggregate;
  const trusted = rejected ? updates.filter(({ client }) => !rejected.has(client)) : updates;
  const loss = meanLoss(trusted);
  const threshold = (wanted && thresholdOf(trusted, wanted, round)) ?? learned.threshold;
  const parts = strategy.groups && partsOf(aggregate, strategy.groups.count(stateBefore));
  // After a cut nobody knows whose errors are whose: the next updates tell.
  const isCut = strategy.groups && strategy.groups.count(strategyState) !== parts?.length;
  const { groupThresholds: known, central: _, ...rest } = learned;
  const release = aggregate.central?.();
  const own =
    wanted && parts && !isCut
      ? groupThresholds(
          parts.map((updates) => updates.filter(({ client }) => !rejected?.has(client))),
          wanted,
          round,
          known,
        )
      : undefined;
  return {
    learned: {
      ...rest,
      weights,
      strategyState,
      privacy,
      ...(release?.state ? { central: release.state } : {}),
      ...(threshold ? { threshold } : {}),
      ...(own ? { groupThresholds: own } : {}),
      ...(lost ? { settlement: nothingSettled, begunAnew: round } : {}),
      ...(!lost && isWanted(learned.settlement, trusted, strategy.local)
        ? { settlement: settle(learned.settlement, trusted, round) }
        : {}),
    },
    told: {
      samples,
      ...(loss === undefined ? {} : { loss }),
      updateNorm: kernels.norm(change),
      ...(threshold ? { threshold } : {}),
      ...(lost ? { lost: losers } : {}),
      ...(privacy ? { privacy } : {}),
      ...(release?.clipping ? { clipping: release.clipping } : {}),
      ...(release?.tree ? { tree: release.tree } : {}),
      ...(parts ? { groups: parts.map((updates, group) => groupOf(updates, own?.[group])) } : {}),
    },
  };
}
