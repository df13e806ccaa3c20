/** What a training takes of a board's memory: its batches, the state of its optimiser, vectors beside the weights. */
import type { LearningTask } from '../federation/learner';
import type { TrainingOptions } from '../training/engine';
import type { BoardModel } from './board';

export type Need = Pick<BoardModel, 'training' | 'vectors'>;

/** Whether the proximal term pulls to other weights than those the training starts with: the board has these only. */
export const pullsElsewhere = ({ weights, anchor, options }: LearningTask): boolean =>
  Boolean(options.proximal) && anchor !== undefined && !anchor.every((weight, i) => Object.is(weight, weights[i]));

export function needOf(options: TrainingOptions, control: boolean, anchor: boolean): Need {
  const { batchSize, optimizer, fullBatch } = options;
  const vectors = control || anchor ? { control, anchor } : undefined;
  return { training: { batchSize, optimizer, fullBatch }, vectors };
}
