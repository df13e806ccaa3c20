/** What a way to a personal model is. All vectors are as long as the model and are never changed in place. */
import type { TrainingOptions } from '../../training/engine';
import type { GlobalModel, LearningTask, LocalUpdate } from '../learner';

/** A training that the learner behind has done. */
export interface Trained {
  local: LocalUpdate;
  /** Where it ended: start + change. */
  weights: Float32Array;
}

export interface Home {
  /** What the method kept for itself before this round; undefined: nothing yet. */
  own?: Float32Array;
  /** The same, when this round is done already: what it made of it. */
  latest?: Float32Array;
  /** On the client's own samples, by the learner behind. `part` of all that is to be done, for the progress. */
  train(task: LearningTask, part?: number): Promise<Trained>;
}

export interface Learned {
  /** For the aggregator, with all tensors: those at home are left out behind it. */
  local: LocalUpdate;
  /** What to keep for the next round; absent: as before. */
  own?: Float32Array;
  /** The personal model that belongs to the model that came; absent: none that is new. */
  personal?: Float32Array;
}

/** A model that the client is not asked to learn from. */
export interface Heard extends GlobalModel {
  /** As the cohort is asked to train, with a seed of this client and round. */
  options: TrainingOptions;
  /** Nobody is asked any more. */
  final: boolean;
}

export interface Method {
  /** One flag for each tensor, true where it stays at home; absent: all are sent. */
  readonly atHome?: readonly boolean[];
  /** One round of the federation. */
  learn(task: LearningTask, home: Home): Promise<Learned>;
  /** The personal model that belongs to a model heard of. */
  follow(model: Heard, home: Home): Promise<Omit<Learned, 'local'>>;
}

/** The task of a training at home: nothing of what the federation's strategy asks of the update is in it. */
export function atHomeTask(
  { round, normalisation, weights }: GlobalModel,
  options: TrainingOptions,
  change: Partial<TrainingOptions>,
): LearningTask {
  const { maxSteps: _, proximal: __, fullBatch: ___, ...kept } = options;
  return { round, normalisation, weights, options: { ...kept, ...change } };
}
