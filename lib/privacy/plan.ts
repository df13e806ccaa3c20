/** What so many rounds cost, before the first of them: how much noise a wished epsilon takes. Plain data, which crosses to a worker and back. */
import type { PrivacyClaim } from '../update/message';
import { type Accountant, centralEpsilon, localEpsilon, noiseMultiplierFor } from './accountant';
import { treeEpsilon } from './tree';

export interface PrivacyPlan {
  mode: PrivacyClaim['mode'];
  delta: number;
  /** Rounds that the plan is made for. */
  releases: number;
  /** Poisson rate; 1: none is claimed. */
  samplingRate: number;
  /** Without sampling all but say the same. */
  accountant: Accountant;
  /** Central only: the noise is a tree's; absent: each round has its own. */
  tree?: TreeTerms;
}

export interface TreeTerms {
  levels: number;
  /** Of one client, at most, and the rounds from one to the next, at least: for the plan; the ledger counts what is. */
  participations: number;
  separation: number;
}

/** z, standard deviation of the noise over the clipping norm, or the epsilon that is to be reached. */
export type NoiseWish = { noiseMultiplier: number } | { epsilon: number };

export interface PlannedNoise {
  /** Infinity: no noise is enough. */
  noiseMultiplier: number;
  /** After all the rounds. */
  epsilon: number;
}

/** Sums and integrals over what a sampled release tells take long, all else is a formula. */
export const isQuickPlan = ({ samplingRate, accountant }: PrivacyPlan): boolean =>
  samplingRate === 1 || accountant === 'gdp';

function epsilonOfPlan({ mode, releases, delta, samplingRate, tree, accountant }: PrivacyPlan, z: number): number {
  if (tree) return treeEpsilon({ ...tree, noiseMultiplier: z, rounds: releases, delta });
  return mode === 'local'
    ? localEpsilon(z, releases, delta)
    : centralEpsilon(z, samplingRate, releases, delta, accountant);
}

/** `onStep` is called between the steps of a search; what it throws ends it. */
export function plannedNoise(plan: PrivacyPlan, wish: NoiseWish, onStep?: () => void): PlannedNoise {
  const epsilonAt = (z: number): number => {
    onStep?.();
    return epsilonOfPlan(plan, z);
  };
  const noiseMultiplier =
    'noiseMultiplier' in wish ? wish.noiseMultiplier : noiseMultiplierFor(wish.epsilon, epsilonAt);
  return { noiseMultiplier, epsilon: Number.isFinite(noiseMultiplier) ? epsilonAt(noiseMultiplier) : 0 };
}
