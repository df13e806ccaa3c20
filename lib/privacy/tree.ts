/**
 * Tree aggregation, as DP-FTRL has it (Kairouz, McMahan, Song, Thakkar, Thakurta & Xu, arXiv 2103.00039): the sums over all rounds so far are
 * released, and each has the noise of the few nodes of a binary tree that make it up, in place of the noise of every round. So noise
 * grows with the logarithm of the rounds, and no sampling is supposed. What is added to one round is what its node's noise is more
 * than that of the nodes below, which is taken off again.
 */
import { randomBytes } from 'node:crypto';
import type { PrivacyClaim, TreeTold } from '../update/message';
import { gaussianEpsilon } from './gaussian';
import { keyedNoise } from './noise';

export interface TreeNode {
  /** It is of 2^level rounds. */
  level: number;
  /** Of its noise: 64 hexadecimal digits, drawn when the node is made and never told. */
  seed: string;
}

export interface TreeState extends TreeTold {
  /** Those that make up the sum so far, the largest first. */
  nodes: readonly TreeNode[];
}

/** Least levels for so many rounds; a tree of n levels has room for 2^n - 1. */
export const levelsFor = (rounds: number): number => Math.ceil(Math.log2(rounds + 1));

export const newSeed = (): string => randomBytes(32).toString('hex');

/**
 * The first round of the tree that `round` is in: that which the aggregator tells of, if it is of the same noise and has room,
 * else a new one.
 */
export function begunAt(
  claim: Pick<PrivacyClaim, 'clippingNorm' | 'noiseMultiplier'>,
  levels: number,
  told: TreeTold | undefined,
  round: number,
): number {
  const goesOn =
    told !== undefined &&
    told.levels === levels &&
    told.clippingNorm === claim.clippingNorm &&
    told.noiseMultiplier === claim.noiseMultiplier &&
    round >= told.begun &&
    round - told.begun < 2 ** levels - 1;
  return goesOn ? told.begun : round;
}

/** The node that completes with leaf number `leaf` (from 0), and the nodes that are in it. */
export function grown(
  nodes: readonly TreeNode[],
  leaf: number,
  seed: string,
): { made: TreeNode; gone: readonly TreeNode[]; nodes: readonly TreeNode[] } {
  let level = 0;
  while (Math.floor(leaf / 2 ** level) % 2 === 1) level++;
  const gone = nodes.filter((node) => node.level < level);
  if (gone.length !== level)
    throw new RangeError(`The tree has ${gone.length} nodes where leaf ${leaf} needs ${level}`);
  const made = { level, seed };
  return { made, gone, nodes: [...nodes.slice(0, nodes.length - level), made] };
}

/** In place: the new node's noise is added and that of those in it taken off, each N(0, sigma^2). */
export function addTreeNoise(
  mean: Float32Array,
  sigma: number,
  made: TreeNode,
  gone: readonly TreeNode[],
): Float32Array {
  const plus = keyedNoise(made.seed);
  const minus = gone.map(({ seed }) => keyedNoise(seed));
  for (let i = 0; i < mean.length; i++) {
    let noise = plus();
    for (const source of minus) noise -= source();
    mean[i] += sigma * noise;
  }
  return mean;
}

/**
 * Square of the sensitivity over C, of all nodes together, for a client that takes part at these leaves: the sum over all nodes of the
 * square of how often it is in them. Each leaf counts in all levels, the last ones too, which no sum may ever use.
 */
export function treeSensitivity(levels: number, leaves: readonly number[]): number {
  let sum = 0;
  for (let level = 0; level < levels; level++) {
    const counts = new Map<number, number>();
    for (const leaf of leaves) {
      const node = Math.floor(leaf / 2 ** level);
      counts.set(node, (counts.get(node) ?? 0) + 1);
    }
    for (const count of counts.values()) sum += count * count;
  }
  return sum;
}

/** The most that it can be for a client that takes part at most so often, with at least `separation` rounds from one time to the next. */
export function mostSensitivity(levels: number, participations: number, separation: number): number {
  let sum = 0;
  for (let level = 0; level < levels; level++) {
    sum += participations * Math.min(participations, Math.ceil(2 ** level / separation));
  }
  return sum;
}

export interface TreePlan {
  noiseMultiplier: number;
  rounds: number;
  /** Of one client, at most. */
  participations: number;
  /** Rounds from one to the next, at least. */
  separation: number;
  delta: number;
}

/** Epsilon of one client: all nodes together are one Gaussian mechanism, whatever is chosen by looking at earlier ones. */
export function treeEpsilon({ noiseMultiplier, rounds, participations, separation, delta }: TreePlan): number {
  const sensitivity = Math.sqrt(mostSensitivity(levelsFor(rounds), participations, separation));
  return noiseMultiplier === 0 ? Number.POSITIVE_INFINITY : gaussianEpsilon(sensitivity / noiseMultiplier, delta);
}
