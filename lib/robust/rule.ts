/**
 * What takes the place of the mean where some of the updates may lie. A rule is pure: the same vectors in the same order
 * give the same bits. The caller keeps an order that does not depend on who was faster (by client), for ties.
 */
import type { Kernels } from '../core/kernels';
import type { RuleName, Weights } from './options';

export type RuleKernels = Pick<
  Kernels,
  | 'weightedSum'
  | 'norm'
  | 'sumAlong'
  | 'squaredDistances'
  | 'distancesTo'
  | 'medians'
  | 'trimmedMeans'
  | 'meansNearMedian'
>;

export interface RuleInput {
  /** At least one; of one length; finite. None is changed. */
  vectors: readonly Float32Array[];
  /** What each counts, 0 or more; absent: each counts as each other. */
  weights?: readonly number[];
  /** Their Euclidean norms, where they are known already. */
  norms?: readonly number[];
  /** Rules that use 'root': the aggregator's own update. */
  root?: Float32Array;
  /** Rules that use 'previous': their aggregate of the round before; absent in the first round. */
  previous?: Float32Array;
  /** Rules that use 'history': of the client of each vector the sum of its updates before; undefined: there were none. */
  histories?: readonly (Float32Array | undefined)[];
  /** Of the noise that a rule adds. Default 0. */
  seed?: number;
}

export interface Rejection {
  /** Of the vector. */
  index: number;
  /** One sentence. */
  reason: string;
}

export interface Combined {
  aggregate: Float32Array;
  /** One for each vector; the rule says what it is. */
  scores: Float64Array;
  /** Whose vector has no part in the aggregate, by index. */
  rejected: Rejection[];
  /** Of rules whose aggregate is the plain mean of the updates that are left, each changed by itself. */
  shares?: Shares;
  /** Of rules that use 'history': the sums with these updates, one for each vector, in memory that threads share. */
  histories?: Float32Array[];
}

/** What becomes of update x: centre + factor (x - centre). */
export interface Shares {
  /** One for each vector; of those that are rejected it says nothing. */
  factors: Float64Array;
  /** Absent: the origin. */
  centre?: Float32Array;
}

export interface Rule {
  readonly name: Exclude<RuleName, 'mean'>;
  /** 'samples': weighted as its paper has it; 'uniform': each vector counts as each other, weights are refused. */
  readonly weights: Weights;
  /** The fewest vectors for which the rule does what it is chosen for. */
  readonly needed: number;
  /** What it asks for beside the vectors. */
  readonly uses?: 'root' | 'previous' | 'history';
  /** What the scores are: a greater one is worse, but for 'trust'. */
  readonly score: 'distance' | 'sum of distances' | 'norm' | 'trust' | 'cosine distance';
  /** Throws RefusedError with what to do when nothing can be made of the vectors. */
  combine(input: RuleInput, kernels: RuleKernels): Combined;
}
