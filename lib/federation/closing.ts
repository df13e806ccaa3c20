/** What becomes of a round that has its quorum: the next model, by the mean or by the rule, and the record of it. */
import type { Kernels } from '../core/kernels';
import type { Noising } from '../privacy/noising';
import { createRule } from '../robust/create-rule';
import type { RoundAggregate } from './aggregation';
import type { Learned } from './checkpoint';
import { type Combine, combineRound, type Judged } from './combining';
import { withRound } from './curve';
import { countsOf, furtherBytes, type RoundMetrics, savedBytes } from './metrics';
import { nextModel } from './next-model';
import type { FederationOptions } from './options';
import type { Root } from './root';
import type { RoundCounts } from './round-state';
import { trainingAt } from './schedule';
import type { Strategy } from './strategies/strategy';

/** What has been counted of the asking that ends. */
export interface Taken {
  bytesUp: number;
  bytesDown: number;
  /** Vectors in a model message. */
  vectorsDown: number;
  /** Answers that could not be used. */
  failed: number;
  askedAt: number;
}

interface Ended {
  round: number;
  counts: RoundCounts;
}

export interface ClosingParts {
  federation: string;
  options: Pick<FederationOptions, 'rule' | 'threshold' | 'training' | 'schedule'>;
  strategy: Strategy;
  kernels: Pick<Kernels, 'allFinite' | 'norm'>;
  combine: Combine;
  noising: Noising;
  root: Root;
  now(): number;
  /** In the registry. */
  clients(): number;
}

export interface Closed {
  next: Learned;
  told: RoundMetrics;
  /** By the rule, one for each update; absent: there was none. */
  judged?: Judged[];
}

export function createClosing({
  federation,
  options,
  strategy,
  kernels,
  combine,
  noising,
  root,
  now,
  clients,
}: ClosingParts) {
  const { rule, threshold, training } = options;
  const robust = createRule(rule);

  const record = (
    { round, counts }: Ended,
    { bytesUp, bytesDown, vectorsDown, askedAt }: Taken,
    before: Learned,
    rest: Omit<Partial<RoundMetrics>, 'samples' | 'updateNorm'> & Pick<RoundMetrics, 'samples' | 'updateNorm'>,
  ): RoundMetrics => ({
    federation,
    round,
    strategy: strategy.name,
    ...(rule.name === 'mean' ? {} : { rule: rule.name }),
    ...(options.schedule ? { learningRate: trainingAt(options, round).learningRate } : {}),
    ...countsOf(counts),
    ...rest,
    bytesUp,
    bytesDown,
    ...savedBytes(counts, bytesUp, 4 * before.weights.length * strategy.vectorsPerUpdate),
    ...furtherBytes({ bytesUp, bytesDown }, { up: strategy.vectorsPerUpdate, down: vectorsDown }),
    bytesUpTotal: before.bytesUp + bytesUp,
    bytesDownTotal: before.bytesDown + bytesDown,
    durationMs: now() - askedAt,
    clients: clients(),
  });

  const plain = (ended: Ended, aggregate: RoundAggregate, taken: Taken, before: Learned, judged?: Judged[]): Closed => {
    const rejected = judged?.flatMap(({ client, score, reason }) => (reason ? [{ client, reason, score }] : []));
    const { learned, told } = nextModel(before, aggregate, {
      round: ended.round,
      strategy,
      kernels,
      threshold,
      ...(rejected ? { rejected: new Set(rejected.map(({ client }) => client)) } : {}),
    });
    const { secure } = aggregate;
    const more = { ...(rejected ? { rejected } : {}), ...(secure ? { secure } : {}) };
    const metrics = record(ended, taken, before, { ...told, ...more });
    const { bytesUpTotal: bytesUp, bytesDownTotal: bytesDown } = metrics;
    const next = { ...learned, bytesUp, bytesDown, curve: withRound(before.curve, metrics) };
    return { next, told: metrics, ...(judged ? { judged } : {}) };
  };

  const byRule = async (ended: Ended, aggregate: RoundAggregate, taken: Taken, before: Learned): Promise<Closed> => {
    const own = robust?.uses === 'root' ? root.update() : undefined;
    const settled = {
      options: rule,
      found: taken.failed,
      groups: strategy.groups?.count(before.strategyState) ?? 0,
      memory: before.rule,
      seed: training.seed + ended.round,
      combine,
    };
    const combined = await combineRound(aggregate, settled, own);
    const { rule: _, ...rest } = before;
    const now = combined.memory ? { ...rest, rule: combined.memory } : rest;
    return plain(ended, combined.aggregate, taken, now, combined.judged);
  };

  return {
    /** Nothing but the bytes that it took is left of it; round 0 is on no curve. */
    voided(ended: Ended & { reason: string }, taken: Taken, before: Learned): Closed {
      const told = record(ended, taken, before, { samples: 0, updateNorm: 0, void: ended.reason });
      const { bytesUpTotal: bytesUp, bytesDownTotal: bytesDown } = told;
      const curve = ended.round > 0 ? withRound(before.curve, told) : before.curve;
      return { next: { ...before, bytesUp, bytesDown, ...(curve ? { curve } : {}) }, told };
    },
    /** By the mean, at once. Throws RefusedError when nothing can be made of the round. */
    plain,
    /**
     * By the rule, or by the mean with the noise that belongs on it. What takes long has taken all that it needs of `aggregate` before
     * it waits. Throws or rejects as `plain` throws.
     */
    whole(ended: Ended, aggregate: RoundAggregate, taken: Taken, before: Learned): Closed | Promise<Closed> {
      if (robust) return byRule(ended, aggregate, taken, before);
      return aggregate.noised
        ? aggregate.noised(noising).then(() => plain(ended, aggregate, taken, before))
        : plain(ended, aggregate, taken, before);
    },
  };
}
