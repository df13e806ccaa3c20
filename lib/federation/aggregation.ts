/**
 * Takes the updates of one asking in as they come. Updates that state different privacy are never averaged together: each
 * kind is folded by itself, and the round's reducer says which one counts.
 */
import type { Fold, Kernels } from '../core/kernels';
import { type CentralRelease, type CentralState, releaseOf } from '../privacy/central';
import type { NormalSource } from '../privacy/noise';
import { addNoiseOf, type Noising } from '../privacy/noising';
import { newSeed } from '../privacy/tree';
import { RefusedError } from '../refused';
import type { Rule } from '../robust/rule';
import type { PrivacyClaim } from '../update/message';
import { sharedCopy } from '../update/vector';
import { keepsVector } from './local/rule';
import type { RoundMetrics } from './metrics';
import type { Aggregate, Strategy, StrategyState, UpdateFacts } from './strategies/strategy';
import type { StalenessWeight } from './timing/staleness';

export interface AggregationParts {
  /** Numbers of the model. */
  size: number;
  strategy: Strategy;
  /** Stands in for the mean: all vectors are kept until it is asked. */
  rule?: Pick<Rule, 'name' | 'weights'>;
  /** The sampler has weighed the clients already: each update counts as if it were of one sample. */
  equalWeights?: boolean;
  /** What an update counts that is for an earlier round; default: as much as any. */
  staleness?: StalenessWeight;
  kernels: Pick<Kernels, 'fold'>;
  /** Normal numbers for central privacy. */
  normal: NormalSource;
  /** Secrets of the nodes of a tree of noise; default: the operating system's. */
  seed?(): string;
}

/** What of the federation goes into what is made of the updates. */
export interface Going {
  /** How many a draw of chance asks on average; under central privacy the sum is divided by it. */
  expected?: number;
  /** The round that closes; only central privacy asks. */
  round?: number;
  /** What central privacy goes on from. */
  central?: CentralState;
}

interface Member {
  facts: UpdateFacts;
  weight: number;
  vectors: readonly Float32Array[];
}

/** The updates of one group of clients; all of them where the strategy knows no groups. */
interface Part {
  folds: Fold[];
  members: Member[];
}

interface Claimants {
  privacy?: PrivacyClaim;
  /** Of adaptive clipping: the sum over the updates of 1/2 where the norm was within the bound, else -1/2. */
  within: number;
  parts: Map<number, Part>;
}

export interface RoundAggregate extends Aggregate {
  privacy?: PrivacyClaim;
  /** Under central privacy what is released of the round, made once; else undefined. */
  central(): CentralRelease | undefined;
  /** Of central privacy only: the mean gets its noise so, before anybody asks for it. It has taken all that it needs before it waits. */
  noised?(noising: Noising): Promise<void>;
  /** Of all updates, where what each has is not known. */
  samples?: number;
  /** Where only their sum is known. */
  secure?: RoundMetrics['secure'];
  /** What each counts, in the order of `updates`. */
  weights: readonly number[];
  part(group: number): RoundAggregate;
}

export interface Aggregation {
  /** The weight that the update will have. Throws RefusedError when it can have none. */
  weigh(facts: UpdateFacts, privacy?: PrivacyClaim, state?: StrategyState): number;
  /**
   * `claim`: the text that tells kinds of privacy apart. `group`: to which the strategy counts the client; default 0. `state`: of
   * the strategy. Vectors are kept only when the strategy needs them.
   */
  add(
    claim: string,
    facts: UpdateFacts,
    vectors: readonly Float32Array[],
    privacy?: PrivacyClaim,
    of?: { group?: number; state?: StrategyState },
  ): void;
  /** An update of nothing but zeros, that did not travel: it counts in every mean. */
  withhold(facts: UpdateFacts): void;
  /** What was taken in with this claim. `clients`: how many the registry has. */
  aggregate(claim: string, clients: number, going?: Going): RoundAggregate;
  clear(): void;
}

/** Which claims are alike: everything but what each client has spent so far. */
export function claimOf(privacy?: PrivacyClaim): string {
  if (!privacy) return '';
  const { mode, clippingNorm, noiseMultiplier, delta, clients, adaptive, tree } = privacy;
  const { firstNorm, quantile, rate, step, countNoise } = adaptive ?? {};
  const how = adaptive ? [firstNorm, quantile, rate, step, countNoise ?? null] : [];
  const of = tree ? [tree.levels, tree.begun] : [];
  const parts = clients === undefined ? [] : [clients];
  return JSON.stringify([mode, clippingNorm, noiseMultiplier, delta, ...parts, ...how, ...of]);
}

/** Without what is of one client alone. */
function shareable(privacy: PrivacyClaim | undefined): PrivacyClaim | undefined {
  if (!privacy) return undefined;
  const { within: _, ...claim } = privacy;
  return claim;
}

export function createAggregation({
  size,
  strategy,
  rule,
  equalWeights,
  staleness = () => 1,
  kernels,
  normal,
  seed = newSeed,
}: AggregationParts): Aggregation {
  const claims = new Map<string, Claimants>();
  let withheld: Pick<Member, 'weight'>[] = [];
  /** Emptied accumulators, for the next asking. */
  const spare: Fold[] = [];

  const counted = (facts: UpdateFacts): UpdateFacts => (equalWeights ? { ...facts, count: 1 } : facts);

  const weigh = (facts: UpdateFacts, privacy?: PrivacyClaim, state?: StrategyState): number => {
    const weight = strategy.weigh(counted(facts), state) * staleness(facts.staleness);
    if (privacy && keepsVector(strategy.local)) {
      throw new RefusedError(
        'privacy-strategy',
        `Privacy noise would part what the clients and the aggregator of "${strategy.name}" remember, more with each round: choose fedavg or fedprox.`,
      );
    }
    if (privacy?.mode !== 'central') return rule?.weights === 'uniform' ? 1 : weight;
    if (rule) {
      throw new RefusedError(
        'privacy-rule',
        `Central privacy is proved for the mean of all updates: choose the mean, or local noise, instead of the rule "${rule.name}".`,
      );
    }
    if (!strategy.uniformMean || strategy.vectorsPerUpdate > 1) {
      throw new RefusedError(
        'privacy-strategy',
        `Central privacy is proved for the plain mean only: choose fedavg, or local noise, instead of "${strategy.name}".`,
      );
    }
    if (facts.staleness > 0) {
      throw new RefusedError(
        'privacy-late',
        'Central privacy is proved for updates that count alike: let late answers be dropped, or use local noise.',
      );
    }
    return 1;
  };

  const claimantsOf = (claim: string, privacy?: PrivacyClaim): Claimants => {
    let claimants = claims.get(claim);
    if (!claimants) {
      claimants = { privacy: shareable(privacy), within: 0, parts: new Map() };
      claims.set(claim, claimants);
    }
    return claimants;
  };

  const partOf = ({ parts }: Claimants, group: number): Part => {
    let part = parts.get(group);
    if (!part) {
      const needed = strategy.needs === 'fold' && !rule ? strategy.vectorsPerUpdate : 0;
      part = { members: [], folds: Array.from({ length: needed }, () => spare.pop() ?? kernels.fold(size)) };
      parts.set(group, part);
    }
    return part;
  };

  /** The same client twice: once for an earlier round. */
  const byClient = ({ facts: a }: Member, { facts: b }: Member): number =>
    a.client === b.client ? a.staleness - b.staleness : a.client < b.client ? -1 : 1;
  const weightOf = (members: readonly Pick<Member, 'weight'>[]): number =>
    members.reduce((sum, { weight }) => sum + weight, 0);

  /** Without `group`: of all updates; a mean of them there is only where the strategy knows no groups. */
  const aggregateOf = (claimants: Claimants, clients: number, going: Going = {}, group?: number): RoundAggregate => {
    const { privacy, parts } = claimants;
    const { folds } = partOf(claimants, group ?? 0);
    const members =
      group === undefined ? [...parts.values()].flatMap((part) => part.members) : partOf(claimants, group).members;
    members.sort(byClient);
    const central = privacy?.mode === 'central' ? privacy : undefined;
    const totalWeight = central
      ? (going.expected ?? members.length + withheld.length)
      : weightOf(members) + weightOf(withheld);
    const noisy = new Map<number, Float32Array>();
    let release: CentralRelease | undefined;
    const released = (claim: PrivacyClaim): CentralRelease => {
      const { round = 0, central: before } = going;
      const { within } = claimants;
      release ??= releaseOf(claim, { round, m: totalWeight, within, before, source: normal, seed });
      return release;
    };
    return {
      privacy,
      central: () => central && released(central),
      clients,
      updates: members.map(({ facts }) => facts),
      weights: members.map(({ weight }) => weight),
      totalWeight,
      mean(which = 0, divisor = totalWeight) {
        if (group === undefined && strategy.groups)
          throw new RangeError('Each group has a mean of its own: ask its part.');
        if (rule) throw new RangeError('The rule has not been asked yet.');
        const known = noisy.get(which);
        if (known && divisor === totalWeight) return known;
        const mean = folds[which].mean(divisor);
        if (!central) return mean;
        if (divisor !== totalWeight) throw new RangeError('Under central privacy only the uniform mean may be taken.');
        addNoiseOf(mean, released(central).noise, normal);
        // Drawn once: a second look must not show the same mean under other noise.
        noisy.set(which, mean);
        return mean;
      },
      ...(central && {
        async noised(noising: Noising): Promise<void> {
          const mean = folds[0].mean(totalWeight);
          noisy.set(0, await noising(mean, released(central).noise));
        },
      }),
      vectors: (which = 0) => members.map(({ vectors }) => vectors[which]),
      part: (one) => aggregateOf(claimants, clients, going, one),
    };
  };

  return {
    weigh,
    add(claim, facts, vectors, privacy, { group = 0, state } = {}) {
      const claimants = claimantsOf(claim, privacy);
      if (privacy && claimants.privacy && privacy.epsilon > claimants.privacy.epsilon) {
        claimants.privacy = shareable(privacy);
      }
      const { folds, members } = partOf(claimants, group);
      const weight = weigh(facts, privacy, state);
      let folded = 0;
      try {
        for (const fold of folds) fold.add(vectors[folded++], weight);
      } catch (error) {
        // All of its vectors count or none: what is in already is taken out again, which is exact.
        for (let which = 0; which < folded - 1; which++) folds[which].add(vectors[which], -weight);
        throw error;
      }
      if (privacy?.within !== undefined) claimants.within += privacy.within ? 1 / 2 : -1 / 2;
      members.push({
        facts: counted(facts),
        weight,
        vectors: rule
          ? [sharedCopy(vectors[0])]
          : strategy.needs === 'vectors'
            ? vectors.map((vector) => vector.slice())
            : [],
      });
    },
    withhold(facts) {
      withheld.push({ weight: strategy.weigh(counted(facts)) });
    },
    aggregate: (claim, clients, going) => aggregateOf(claimantsOf(claim), clients, going),
    clear() {
      for (const { parts } of claims.values()) {
        for (const { folds } of parts.values()) {
          for (const fold of folds) {
            fold.reset();
            spare.push(fold);
          }
        }
      }
      claims.clear();
      withheld = [];
    },
  };
}
