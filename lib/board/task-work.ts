/** The jobs that a board does for a learning task: named, so that a board that has done one already does not do it again. */
import { createHash } from 'node:crypto';
import type { FederatedModel } from '../federation/federated-model';
import type { LearningTask } from '../federation/learner';
import type { SampleBlock } from '../training/engine';
import type { Board, BoardJob, BoardStart, BoardUpdate, JobWatch } from './board';
import { pullsElsewhere } from './need';

export interface TaskWork {
  /** Loss, and gradient, of the weights that the task starts with. */
  measure(task: LearningTask, gradient: boolean, watch: JobWatch): Promise<BoardStart>;
  train(task: LearningTask, bits: BoardJob['bits'], watch: JobWatch): Promise<BoardUpdate>;
}

export interface TaskWorkParts {
  board: Board;
  model: Pick<FederatedModel, 'fingerprint'>;
  /** The rows on the board, when they are known here. */
  bank?: { block(): SampleBlock };
  /** Of rows that only the board knows. */
  rowsName(): string;
}

export function createTaskWork({ board, model, bank, rowsName }: TaskWorkParts): TaskWork {
  /** The same work on the same rows has the same key, also after a restart of this process. `how` tells which of `vectors` there are. */
  const keyOf = (task: LearningTask, how: unknown, vectors: (Float32Array | undefined)[] = []): string => {
    const { weights, normalisation, options, trainable } = task;
    const hash = createHash('sha256');
    hash.update(JSON.stringify([model.fingerprint, normalisation ?? null, options, trainable ?? null, how]));
    hash.update(weights);
    for (const vector of vectors) if (vector) hash.update(vector);
    if (bank) {
      const { features, targets } = bank.block();
      hash.update(features).update(targets);
    } else {
      hash.update(rowsName());
    }
    return hash.digest('hex').slice(0, 16);
  };

  return {
    measure: (task, gradient, watch) =>
      board.measure({ key: keyOf(task, { gradient }), options: task.options, gradient }, watch),
    train(task, bits, watch) {
      const { options, control, trainable } = task;
      const anchor = pullsElsewhere(task) ? task.anchor : undefined;
      const how = { bits, control: control !== undefined, anchor: anchor !== undefined };
      return board.train(
        { key: keyOf(task, how, [control, anchor]), options, bits, control, anchor, trainable },
        watch,
      );
    },
  };
}
