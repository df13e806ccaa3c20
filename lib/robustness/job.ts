/** What is asked about the robustness of a classifier, and told. Plain data, so that both cross to a worker and back. */
import type { ModelSpec } from '../model/spec';
import type { Normalisation, SampleBlock } from '../training/engine';

export interface RobustnessJob {
  /** Of task "classify". */
  spec: ModelSpec;
  weights: Float32Array;
  normalisation?: Normalisation;
  /** Labelled; the ranges of the int8 file are taken from them too. */
  samples: SampleBlock;
  /** How far each feature may be moved, in units of the normalised features, rising. */
  strengths: number[];
  /** Of PGD. */
  steps: number;
  /** Where PGD starts. */
  seed: number;
}

/** How much further apart a layer's outputs are than the samples were: the mean of |h(x') - h(x)| / |x' - x| (Euclidean). */
export interface Amplification {
  /** As the layout names it: dense_1. */
  layer: string;
  ratio: number;
}

/** Of one way to run the model. Shares of the samples that are decided rightly, one for each strength. */
export interface UnderAttack {
  clean: number;
  fgsm: number[];
  pgd: number[];
  /** Layer by layer, of the PGD samples of the middle strength. The last layer's are its logits. */
  amplification: Amplification[];
}

export interface Robustness {
  samples: number;
  strengths: number[];
  steps: number;
  float32: UnderAttack;
  /** The same moved samples, which were made against the float32 model, through its int8 file. */
  int8?: UnderAttack;
  /** Why there is no int8 file: one sentence. */
  noInt8?: string;
}
