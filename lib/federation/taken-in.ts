/** What came in for the asking under way, and what went out for it. */
import { checkCentral } from '../privacy/central';
import { type Aggregation, claimOf } from './aggregation';
import type { Census } from './census';
import type { Learned } from './checkpoint';
import type { Material } from './gate';
import type { SecureAskings } from './secure/asking';
import { checkLoss, isWanted } from './settlement';
import type { Strategy, UpdateFacts } from './strategies/strategy';
import type { Versions } from './timing/versions';

export interface TakenInParts {
  aggregation: Aggregation;
  census: Census;
  strategy: Strategy;
  versions: Versions;
  secure?: SecureAskings;
  /** The last round in which an answer of each client was taken in, for those who go by it. */
  accepted: Map<string, number>;
}

export interface TakenIn {
  bytesUp: number;
  bytesDown: number;
  /** Throws RefusedError when the sum cannot take it. `told`: what the clients were given. */
  take(
    material: Material,
    round: number,
    learned: Pick<Learned, 'weights' | 'strategyState' | 'settlement' | 'begunAnew'>,
    told: Pick<Learned, 'central'>,
  ): void;
  clear(): void;
}

export function createTakenIn({ aggregation, census, strategy, versions, secure, accepted }: TakenInParts): TakenIn {
  const counted = (facts: UpdateFacts, round: number): void => {
    if (isWanted(accepted, [facts], strategy.local)) accepted.set(facts.client, round - facts.staleness);
  };
  const taken: TakenIn = {
    bytesUp: 0,
    bytesDown: 0,
    take(material, round, learned, { central }) {
      const { weights, strategyState } = learned;
      switch (material.kind) {
        case 'statistics':
          census.take(material.client, material.statistics, material.again);
          break;
        case 'withheld': {
          const { client, samples } = material;
          aggregation.withhold({ client, samples, norm: 0, staleness: 0, metrics: {} });
          break;
        }
        case 'masked': {
          const { facts, payload, privacy } = material;
          // What does not go together with its privacy.
          aggregation.weigh(facts, privacy, strategyState);
          secure?.add(facts, payload, privacy);
          break;
        }
        case 'update': {
          const { facts, vectors, privacy } = material;
          checkLoss(learned, facts, round, strategy.local);
          if (privacy?.mode === 'central') checkCentral(facts.client, privacy, central, round);
          const group = strategy.groups?.of(facts, strategyState);
          const [change, ...further] = vectors;
          const present = strategy.rebase ? versions.rebased(change, round - facts.staleness, weights) : change;
          aggregation.add(claimOf(privacy), facts, [present, ...further], privacy, { group, state: strategyState });
          counted(facts, round);
        }
      }
      taken.bytesUp += material.bytes;
    },
    clear() {
      aggregation.clear();
      secure?.clear();
      census.clear();
      taken.bytesUp = 0;
      taken.bytesDown = 0;
    },
  };
  return taken;
}
