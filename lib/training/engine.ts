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
}

/** Rows of samples. `features` is n x inputSize: behind a frozen backbone, what it gave; `targets` n x targetWidth (classify: one class index a row). */
export interface SampleBlock {
  features: Float32Array;
  /** Empty for task "anomaly". */
  targets: Float32Array;
  count: number;
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
}

export interface TrainResult {
  weights: Float32Array;
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

/** Called between batches; returning false stops the job, which then rejects with an AbortError. */
export type Progress = (done: number, total: number) => boolean;

export interface Engine {
  readonly name: 'core' | 'tfjs';
  /** Why this engine cannot run the model: one sentence for each layer that it lacks; empty when it can. */
  lacks(spec: ModelSpec): string[];
  train(job: TrainJob, progress?: Progress): Promise<TrainResult>;
  /** `progress` counts rows. */
  predict(job: PredictJob, progress?: Progress): Promise<PredictResult>;
}
