/** What every training engine offers. The jobs are plain data, so that they can cross to a worker. */
import type { ModelSpec } from '../model/spec';

export type Optimizer = 'sgd' | 'momentum' | 'adam';

export interface TrainingOptions {
  epochs: number;
  batchSize: number;
  optimizer: Optimizer;
  learningRate: number;
  /** momentum only; default 0.9. */
  momentum?: number;
  /** L2 penalty: lambda/2 * |w|^2 is added to the loss of a batch; kernels only, not biases. */
  l2?: number;
  /** Gradient-norm clipping of each mini-batch, over all parameters; 0 or absent: none. */
  clipNorm?: number;
  /** One weight per class, or absent. */
  classWeights?: number[];
  /** Shuffles the samples; the same seed gives the same bits. */
  seed: number;
  /** At most so many optimiser steps; absent: all of them. */
  maxSteps?: number;
  /** mu of the proximal term mu/2 |w - anchor|^2, over all parameters (FedProx, arXiv 1812.06127); 0 or absent: none. */
  proximal?: number;
  /** Each step takes the mean gradient over all samples, summed in chunks of `batchSize` (FedSGD); an epoch is one step then. */
  fullBatch?: boolean;
  /** gamma of the focal loss (Lin 2017, arXiv 1708.02002), cross-entropies only; 0 or absent: none. Class weights multiply it. */
  focalGamma?: number;
  /** Adversarial training; absent: none. Not with full batches, and not for task "anomaly". */
  adversarial?: AdversarialOptions;
  /**
   * Defensive quantisation (Lin 2019, arXiv 1904.08444): beta of the penalty beta/2 |W^T W - I|^2 on each kernel as a matrix;
   * 0 or absent: none.
   */
  lipschitz?: number;
}

/** How samples are moved against the model, in units of the normalised features, by at most `epsilon` each (L-infinity). */
export interface EvasionOptions {
  /** fgsm: one step (Goodfellow 2015, arXiv 1412.6572); pgd: several, from a random start (Madry 2018, arXiv 1706.06083). */
  method: 'fgsm' | 'pgd';
  epsilon: number;
  /** pgd only; default 5. */
  steps?: number;
  /** pgd only; default 2.5 epsilon / steps. */
  stepSize?: number;
}

export interface AdversarialOptions extends EvasionOptions {
  /** Share of the loss that the moved samples have, 0 to 1; default 0.5, as in Goodfellow 2015. */
  share?: number;
}

/** Rows of samples. `features` is n x inputSize: behind a frozen backbone, what it gave; `targets` n x targetWidth (classify: one class index a row). */
export interface SampleBlock {
  features: Float32Array;
  /** Empty for task "anomaly". */
  targets: Float32Array;
  count: number;
}

/** Knowledge distillation (Hinton 2015, arXiv 1503.02531): the loss is (1 - share) target + share T^2 softened. */
export interface SoftTargets {
  /** n x outputSize: the teacher's probabilities, softened with the temperature. */
  probabilities: Float32Array;
  /** T, 1 or more: the student's logits are divided by it. */
  temperature: number;
  /** 0 to 1. With 1 the targets of the samples are not looked at (but must be there). */
  share: number;
}

/** Per-feature shift and scale: x' = (x - mean) / std. Applied by the engine as it reads the rows. */
export interface Normalisation {
  mean: number[];
  std: number[];
}

export interface TrainJob {
  spec: ModelSpec;
  /** The starting point; not changed. */
  weights: Float32Array;
  samples: SampleBlock;
  normalisation?: Normalisation;
  options: TrainingOptions;
  /** What a teacher says of the samples; absent: there is none. Cross-entropies of one vector of outputs only. */
  soft?: SoftTargets;
  /** Where the proximal term pulls to; absent: `weights`. */
  anchor?: Float32Array;
  /** Added to the gradient of each step, before its norm is clipped (SCAFFOLD: c - c_i; FedDyn: -h_k). As long as `weights`. */
  control?: Float32Array;
  /** One flag for each tensor of the layout: the others stay as they are. Absent: all learn. */
  trainable?: readonly boolean[];
  /** What to tell of the starting point besides; each costs one pass over the samples. */
  atStart?: { loss?: boolean; gradient?: boolean };
}

export interface TrainResult {
  weights: Float32Array;
  /** Mean loss of the samples at `job.weights`, without any added term, when asked for. */
  startLoss?: number;
  /** Mean gradient of that loss there, when asked for. */
  startGradient?: Float32Array;
  /** Optimiser steps done. */
  steps: number;
  /** Mean loss over the last epoch (without the L2 term). */
  loss: number;
  /** Mean loss over the first epoch. */
  firstLoss: number;
  durationMs: number;
  /** What ran it, when a pool did. */
  engine?: 'core' | 'tfjs';
}

export interface PredictJob {
  spec: ModelSpec;
  weights: Float32Array;
  features: Float32Array;
  count: number;
  normalisation?: Normalisation;
}

/** n x outputSize; probabilities for classify, values for regress, the reconstruction (in normalised units) for anomaly. */
export interface PredictResult {
  outputs: Float32Array;
  durationMs: number;
  /** What ran it, when a pool did. */
  engine?: 'core' | 'tfjs';
}

/** Samples to be moved so that a model errs on them; with task "classify" or "regress". */
export interface EvasionJob {
  spec: ModelSpec;
  weights: Float32Array;
  samples: SampleBlock;
  normalisation?: Normalisation;
  evasion: EvasionOptions;
  /** Where pgd starts; the same seed gives the same bits. */
  seed: number;
}

export interface EvasionResult {
  /** n x inputSize, in the units of the job's samples: behind a frozen backbone, of what it gave. */
  features: Float32Array;
  durationMs: number;
  /** What ran it, when a pool did. */
  engine?: 'core' | 'tfjs';
}

/** Called between batches; returning false stops the job, which then rejects with an AbortError. */
export type Progress = (done: number, total: number) => boolean;

export interface Engine {
  readonly name: 'core' | 'tfjs';
  /** Why this engine cannot run the model: one sentence for each layer that it lacks; empty when it can. */
  lacks(spec: ModelSpec): string[];
  train(job: TrainJob, progress?: Progress): Promise<TrainResult>;
  /** `progress` counts rows. */
  predict(job: PredictJob, progress?: Progress): Promise<PredictResult>;
  /** `progress` counts rows. */
  evade(job: EvasionJob, progress?: Progress): Promise<EvasionResult>;
}
