/** Lessons one after the other: a teacher that comes while a student learns waits, and a newer one takes its place. */
import type { GlobalModel } from '../shared/global-model';
import type { Shell } from '../shared/shell';

export interface LessonParts {
  shell: Shell;
  /** Each model that is a multiple of so many rounds, and the last; undefined: the last only. */
  every: number | undefined;
  /** Whether there is all that a lesson needs beside its teacher. */
  ready(): boolean;
  teach(teacher: GlobalModel): Promise<void>;
  /** What it waits for, or holds, has changed. */
  show(): void;
}

export interface Lessons {
  /** If it is to be learnt from, it is: now, or as soon as there is what a lesson needs. */
  offer(teacher: GlobalModel): void;
  /** Learns from the newest teacher, whether it was due or not. False when none has come. */
  again(): boolean;
  /** To be called when `ready` may have changed. */
  proceed(): void;
}

export function createLessons({ shell, every, ready, teach, show }: LessonParts): Lessons {
  let waiting: GlobalModel | undefined;
  /** That was learnt from last, or will be. */
  let last: GlobalModel | undefined;
  let newest: GlobalModel | undefined;
  let busy = false;

  const isDue = ({ trained, final }: GlobalModel): boolean =>
    final || (every !== undefined && trained > 0 && trained % every === 0);
  const isKnown = ({ federation, trained, payload }: GlobalModel): boolean =>
    last?.federation === federation && last.trained === trained && last.payload.equals(payload);

  const work = async (): Promise<void> => {
    busy = true;
    try {
      while (waiting && ready() && !shell.closing.aborted) {
        const teacher = waiting;
        waiting = undefined;
        try {
          await teach(teacher);
        } catch (thrown) {
          // It may come again, and go better.
          if (last === teacher) last = undefined;
          shell.fail(thrown);
        }
      }
    } finally {
      busy = false;
      show();
    }
  };
  const proceed = (): void => {
    if (!busy && waiting && ready()) shell.background(work);
    else if (!busy) show();
  };
  const take = (teacher: GlobalModel): void => {
    last = teacher;
    waiting = teacher;
    proceed();
  };
  return {
    offer(teacher) {
      newest = teacher;
      if (isDue(teacher) && !isKnown(teacher)) take(teacher);
    },
    again() {
      if (newest) take(newest);
      return newest !== undefined;
    },
    proceed,
  };
}
