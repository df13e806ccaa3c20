/**
 * Central privacy (McMahan et al., arXiv 1710.06963): participants clip, the aggregator adds noise to the mean once. The
 * sensitivity of C / m holds for uniform weights only, whatever number of examples each participant has.
 */
import { RefusedError } from '../refused';
import type { CentralTold, PrivacyClaim } from '../update/message';
import { centralSigma } from './accountant';
import { besideCount, defaultCountNoise, nextNorm, noisedShare } from './adaptive';
import { type ClippingKernels, clipToNorm } from './clip';
import type { GaussianEvent } from './events';
import type { NormalSource } from './noise';
import type { NoiseJob } from './noising';
import { begunAt, grown, type TreeState } from './tree';

/** What the aggregator keeps of one round for the next. */
export interface CentralState extends Omit<CentralTold, 'tree'> {
  tree?: TreeState;
}

/** Without the seeds of the noise. */
export function toldOf({ tree, ...rest }: CentralState): CentralTold {
  if (!tree) return rest;
  const { nodes: _, ...told } = tree;
  return { ...rest, tree: told };
}

/** What does not hold any more when it is not certain that nothing newer was released: its nodes may have been made twice. */
export function withoutTree({ tree: _, ...rest }: CentralState): CentralState {
  return rest;
}

/**
 * The update as it may enter the mean: clipped again, since the proof must not rest on what others say, and since
 * quantisation after clipping may lengthen an update a little. Throws RefusedError 'not-finite'.
 */
export const holdToNorm = (vector: Float32Array, claim: PrivacyClaim, kernels: ClippingKernels): Float32Array =>
  clipToNorm(vector, claim.clippingNorm, kernels).vector;

/** C of a round: adaptive clipping goes on from what the aggregator tells. */
export const normOfRound = (
  { clippingNorm, adaptive }: Pick<PrivacyClaim, 'clippingNorm' | 'adaptive'>,
  told: CentralTold | undefined,
): number => (adaptive ? (told?.clippingNorm ?? adaptive.firstNorm) : clippingNorm);

/** Throws RefusedError 'privacy-clipping' or 'privacy-tree' when an update is for another norm, or another tree, than the round. */
export function checkCentral(
  client: string,
  claim: PrivacyClaim,
  before: CentralState | undefined,
  round: number,
): void {
  const { tree } = claim;
  if (tree && tree.begun !== begunAt(claim, tree.levels, before?.tree, round)) {
    throw new RefusedError(
      'privacy-tree',
      `The update of "${client}" is for another tree of noise than this round: let fl-dp-noise have the update as fl-client has made it.`,
    );
  }
  const norm = normOfRound(claim, before);
  if (claim.clippingNorm === norm) return;
  throw new RefusedError(
    'privacy-clipping',
    `The update of "${client}" is clipped to ${claim.clippingNorm} and this round clips to ${norm}: let fl-dp-noise have the update as fl-client has made it.`,
  );
}

export interface CentralRelease {
  /** On the mean, once. */
  noise: NoiseJob;
  /** What the next round goes on from; absent: nothing. */
  state?: CentralState;
  /** Adaptive clipping: the noised share of updates whose norm was at most C, and the next C. Anybody may know. */
  clipping?: { share: number; next: number };
  /** The tree's first round, this one's leaf (from 1), and how many nodes have their noise in the sum so far. */
  tree?: { begun: number; leaf: number; nodes: number };
}

export interface Releasing {
  round: number;
  /** Updates, or of a draw of chance how many it takes on average. */
  m: number;
  /** Of adaptive clipping: the sum of the bits less 1/2. */
  within: number;
  before: CentralState | undefined;
  source: NormalSource;
  /** Makes the secret of a node of a tree. */
  seed(): string;
}

function treeRelease(
  claim: PrivacyClaim,
  levels: number,
  { round, m, before, seed }: Pick<Releasing, 'round' | 'm' | 'before' | 'seed'>,
): CentralRelease {
  const { clippingNorm, noiseMultiplier } = claim;
  const begun = begunAt(claim, levels, before?.tree, round);
  const leaf = round - begun;
  const { made, gone, nodes } = grown(leaf > 0 ? (before?.tree?.nodes ?? []) : [], leaf, seed());
  return {
    noise: { sigma: centralSigma(noiseMultiplier, clippingNorm, m), tree: { made, gone } },
    state: { tree: { begun, levels, clippingNorm, noiseMultiplier, nodes } },
    tree: { begun, leaf: leaf + 1, nodes: nodes.length },
  };
}

/** All that is released of a round. */
export function releaseOf(claim: PrivacyClaim, releasing: Releasing): CentralRelease {
  const { adaptive, noiseMultiplier, clippingNorm, tree } = claim;
  const { m, within, source } = releasing;
  if (tree) return treeRelease(claim, tree.levels, releasing);
  if (!adaptive) return { noise: { sigma: centralSigma(noiseMultiplier, clippingNorm, m) } };
  const { countNoise = defaultCountNoise(noiseMultiplier, m) } = adaptive;
  const share = noisedShare(within, m, countNoise, source());
  const next = nextNorm(clippingNorm, share, adaptive);
  return {
    noise: { sigma: centralSigma(besideCount(noiseMultiplier, countNoise), clippingNorm, m) },
    state: { clippingNorm: next },
    clipping: { share, next },
  };
}

/** What one round costs. samplingRate: 1 unless the cohorts are truly Poisson samples. */
export const centralEvent = (noiseMultiplier: number, samplingRate = 1): GaussianEvent => ({
  noiseMultiplier,
  samplingRate,
});
