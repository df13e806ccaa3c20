/** One lesson: a student learns what its teacher says of some rows, and becomes a message. */
import { agreementOf } from '../../lib/distillation/agreement';
import { logitsOf } from '../../lib/distillation/logits';
import { studentMessage } from '../../lib/distillation/student-message';
import type { Taught, Watch, WatchedTrain } from '../../lib/distillation/teach';
import type { OwnWeights } from '../../lib/federation/own-weights';
import { streamSeed } from '../../lib/random/generator';
import type { SampleBlock, TrainingOptions } from '../../lib/training/engine';
import type { Pool } from '../../lib/training/pool';
import type { Message } from '../../lib/update/message';
import type { GlobalModel } from '../shared/global-model';
import type { Lease } from '../shared/lease';
import type { Model } from '../shared/model';
import type { LessonOptions } from './options';

export interface Lesson {
  /** Whose opinion it is. */
  teacher: GlobalModel;
  /** As the layers of the student take them. */
  rows: SampleBlock;
  /** rows x labels: what the teacher says of them. */
  logits: Float32Array;
  /** `start` absent: with the first weights. */
  learn(
    how: { start: Float32Array | undefined; options: TrainingOptions },
    train: WatchedTrain,
    watch: Watch,
  ): Promise<Taught>;
}

export interface Pupil {
  student: Model;
  options: LessonOptions;
  pool: Pick<Lease<Pool>, 'get'>;
  kept: OwnWeights;
  /** Id of the node. */
  by: string;
  signal: AbortSignal;
  onProgress(trained: number, fraction: number): void;
}

export interface Result {
  message: Message;
  figures: {
    rows: number;
    /** Share of the rows of which the student says what its teacher says. */
    agreement: number;
    loss: number;
    firstLoss: number;
    steps: number;
    durationMs: number;
  };
}

/** Rejects as the training does; nothing is kept of such a lesson. */
export async function attend(lesson: Lesson, pupil: Pupil): Promise<Result> {
  const { teacher, rows, logits } = lesson;
  const { student, options: wish, kept, signal } = pupil;
  const { trained } = teacher;
  const { spec, engine } = student;
  const options = { ...wish.training, seed: streamSeed(spec.seed, 'lesson', trained) };
  const start = wish.start === 'last' ? kept.startOf(trained) : undefined;
  const pool = await pupil.pool.get();
  const { weights, normalisation, loss, firstLoss, steps, durationMs } = await lesson.learn(
    { start, options },
    (job, watch) => pool.train(job, { ...watch, engine }),
    { signal, onProgress: (fraction) => pupil.onProgress(trained, fraction) },
  );
  const { features, count } = rows;
  const { outputs } = await pool.predict({ spec, weights, features, count, normalisation }, { signal, engine });
  const agreement = agreementOf(logitsOf(outputs, spec), logits, spec);
  await kept.keep({ round: trained, ...(start ? { before: start } : {}), after: weights });
  signal.throwIfAborted();
  return {
    message: studentMessage({ model: student, weights, normalisation, options }, teacher, pupil.by),
    figures: { rows: count, agreement, loss, firstLoss, steps, durationMs: Math.round(durationMs) },
  };
}
