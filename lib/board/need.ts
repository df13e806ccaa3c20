/** What the trainings of a federation take of a board's memory: batches, the state of the optimiser, vectors beside the weights. */
import type { LearningTask, News } from '../federation/learner';
import { keepsVector } from '../federation/local/rule';
import type { TrainingOptions } from '../training/engine';
import type { BoardModel } from './board';

export type Need = Pick<BoardModel, 'training' | 'vectors'>;

/** Whether the proximal term pulls to other weights than those the training starts with: the board has these only. */
export const pullsElsewhere = ({ weights, anchor, options }: LearningTask): boolean =>
  Boolean(options.proximal) && anchor !== undefined && !anchor.every((weight, i) => Object.is(weight, weights[i]));

function needOf(options: TrainingOptions, control: boolean, anchor: boolean): Need {
  const { batchSize, optimizer, fullBatch } = options;
  return {
    training: { batchSize, optimizer, fullBatch },
    vectors: control || anchor ? { control, anchor } : undefined,
  };
}

/** Room once taken stays: a learner on top may train twice in a round, and each new layout would have the board begin anew. */
export const needOfTask = ({ vectors }: Need, task: LearningTask): Need =>
  needOf(
    task.options,
    task.control !== undefined || vectors?.control === true,
    pullsElsewhere(task) || vectors?.anchor === true,
  );

/** Of the rounds to come: their vectors have their room before they are asked for, or it is said then that they have none. */
export const needOfNews = ({ vectors }: Need, { options, local }: News): Need =>
  needOf(options, keepsVector(local), vectors?.anchor === true);
