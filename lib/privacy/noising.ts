/** Noise of a release as plain data, so that it can be drawn where it holds nobody up: a million numbers take some tenths of a second. */
import { addNoise, type NormalSource } from './noise';
import { addTreeNoise, type TreeNode } from './tree';

export interface NoiseJob {
  /** Standard deviation of the noise on each number; in a tree that of each node. */
  sigma: number;
  /** The node whose noise is added and those whose noise is taken off. Their secrets go no further than another thread. */
  tree?: { made: TreeNode; gone: readonly TreeNode[] };
}

/** Gives the vector with the noise on it: the one it got, or a new one. */
export type Noising = (vector: Float32Array, job: NoiseJob) => Promise<Float32Array>;

/** In place. `source` is not asked for the noise of a tree. */
export const addNoiseOf = (vector: Float32Array, { sigma, tree }: NoiseJob, source: NormalSource): Float32Array =>
  tree ? addTreeNoise(vector, sigma, tree.made, tree.gone) : addNoise(vector, sigma, source);

/** Normal numbers that are drawn for each number: what it takes grows with it. */
export const drawsOf = ({ length }: Float32Array, { tree }: NoiseJob): number =>
  length * (1 + (tree?.gone.length ?? 0));

/** On this thread. */
export const noiseHere =
  (source: NormalSource): Noising =>
  async (vector, job) =>
    addNoiseOf(vector, job, source);
