/** What learns for a participant: this gateway, a board at the end of a cable, or anything else that has rows of its own. */
import type { TrainingOptions, TrainJob } from '../training/engine';
import type { CodecStep, LocalRule, UpdateHeader } from '../update/message';

/** A model as it came from the aggregator. */
export interface GlobalModel extends Pick<TrainJob, 'weights' | 'normalisation'> {
  /** The round that starts with it. */
  round: number;
  /** The reconstruction error above which a sample is an anomaly, when the federation knows one. */
  threshold?: number;
  /** The share of the clients' own samples that shall lie below the threshold, where one is made. */
  quantile?: number;
}

/**
 * A training job but for the samples, which are the learner's own. `options.seed` is of this round and client alone. The
 * update is the local weights minus `weights`.
 */
export type LearningTask = GlobalModel & Pick<TrainJob, 'options' | 'anchor' | 'control' | 'atStart' | 'trainable'>;

/** How long an answer is of use. */
export interface Patience {
  /** Aborted when nobody waits any more. */
  signal: AbortSignal;
  /** How long the aggregator waits, from now. */
  deadlineMs: number;
}

export interface LearningControl extends Patience {
  /** From 0 to 1. */
  onProgress(fraction: number): void;
}

/** What goes to the aggregator. */
export interface LocalUpdate {
  /** local - global, after `codecs`; without any one float32 each. */
  payload: Buffer;
  /** Vectors of the model's length in the payload; absent: 1. More only where a local rule has put them there. */
  vectors?: number;
  /** The model that was trained, of those that came; absent: there was one. */
  group?: number;
  /** What the learner did to the vector itself. */
  codecs: CodecStep[];
  samples: number;
  metrics: NonNullable<UpdateHeader['metrics']>;
  /** Made with zeros in place of the vector that the strategy's clients keep: it is lost. */
  anew?: boolean;
  /** Reconstruction errors of the model as it came, as an encoded quantile sketch. */
  errors?: number[];
  /** Mean gradient at `weights`, when `atStart.gradient` asked for it. Stays on this side. */
  startGradient?: Float32Array;
}

/** What else a model message tells. */
export interface News {
  /** As the cohort trains; the seed is of this round and client alone. */
  options: TrainingOptions;
  /** Nobody is asked: the federation has ended or pauses. */
  final: boolean;
  /** The clients' part of the strategy: whoever is asked will need room for its vectors. */
  local?: LocalRule;
}

export interface Learner {
  /** Samples that it can train on now. */
  readonly count: number;
  /** A sentence that says why it cannot take part now: it does not join then, and declines what it is asked. */
  readonly obstacle?: string;
  /** [count, sums, sums of squares] of the features. What it rejects with is the reason of a decline. */
  statistics(patience: Patience): Float64Array | Promise<Float64Array>;
  /** How many samples of each of so many classes it holds; absent, or undefined: it does not know. */
  labelCounts?(classes: number): number[] | undefined;
  /** Called again only when the one before has ended, or its signal. What it rejects with is the reason of a decline. */
  learn(task: LearningTask, control: LearningControl): Promise<LocalUpdate>;
  /** Each update says all that there is to say, as predictions do: what stayed is not added to the next one. */
  readonly restates?: boolean;
  /** Mean loss of `task.weights` on its rows, without training. Absent: it cannot tell. Rejects as learn() does. */
  lossOf?(task: LearningTask, control: Patience): Promise<number>;
  /** The newest model, when it is not asked to learn from it. Without news: one made on this side, to be used. */
  hear?(model: GlobalModel, news?: News): void;
}

type Metrics = LocalUpdate['metrics'];

/** What a training told of itself; figures that are none are left out. */
export const learningMetrics = ({ loss, firstLoss, startLoss, steps, durationMs }: Metrics): Metrics =>
  Object.fromEntries(
    Object.entries({ loss, firstLoss, startLoss, steps, durationMs }).filter(([, value]) => Number.isFinite(value)),
  );
