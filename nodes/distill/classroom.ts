/** A student and the teachers that come: when it learns from which, what is kept of both, and what is told of a lesson. */
import { createStore } from '../../lib/state/store';
import { type GlobalModel, receiveModel } from '../shared/global-model';
import { createKeeper } from '../shared/kept-model';
import { type Model, stateFolder } from '../shared/model';
import { createOwner } from '../shared/owner';
import type { FlowMessage } from '../shared/red';
import type { Context } from './context';
import { openStudent } from './kept-student';
import { createLessons } from './lessons';
import type { LessonOptions } from './options';
import { attend, type Lesson } from './pupil';

export interface ClassroomParts {
  /** What its messages are of: a network, or a consensus. */
  teacher: Model;
  student: Model;
  options: LessonOptions & { persistent: boolean };
  /** Whether there is all that a lesson needs beside its teacher. */
  ready(): boolean;
  lessonOf(teacher: GlobalModel): Promise<Lesson>;
  /** Called when nothing is being learned. `taught`: rounds of training in the teacher of the last lesson. */
  show(taught: number | undefined): void;
}

export interface Classroom {
  /** A model message. Throws RefusedError when it is none of the teacher's. */
  take(msg: FlowMessage): void;
  /** Gives a lesson by this teacher, as soon as one can be given. */
  offer(teacher: GlobalModel): void;
  /** Gives one by the newest teacher. False when none has come. */
  again(): boolean;
  /** To be called when `ready` may have changed. */
  proceed(): void;
  /** Forgets teacher and student. */
  forget(): Promise<void>;
  settled(): Promise<void>;
}

export async function openClassroom(context: Context, parts: ClassroomParts): Promise<Classroom> {
  const { RED, node, shell, pool, send, event } = context;
  const { teacher, student, options, ready } = parts;
  const { persistent } = options;
  const warn = (sentence: string): void => node.warn(sentence);
  const store = persistent && options.start === 'last' ? createStore(stateFolder(RED, 'distill')) : undefined;
  const kept = await openStudent(student, store, `${node.id} student`, warn);
  const keeper = createKeeper(RED, 'distill', `${node.id} teacher`);
  const owner = createOwner((whose, other) => RED._('runtime.twoOwners', { owner: whose, other }));
  let taught: number | undefined;

  const teach = async (of: GlobalModel): Promise<void> => {
    const pupil = { student, options, pool, kept, by: node.id, signal: shell.closing };
    const { message, figures } = await attend(await parts.lessonOf(of), {
      ...pupil,
      onProgress: (round, fraction) =>
        shell.status.working('status.teaching', { round, percent: Math.round(100 * fraction) }),
    });
    taught = of.trained;
    send(0, { ...message });
    event({ event: 'taught', round: of.trained, ...figures, ...(of.personal ? { client: of.personal } : {}) });
  };
  const lessons = createLessons({ shell, every: options.every, ready, teach, show: () => parts.show(taught) });
  if (persistent) {
    try {
      // That of an earlier run: the student is sent anew, or taught as the settings say now.
      const of = await keeper.read(teacher, '');
      if (of && owner.takes(of)) lessons.offer(of);
    } catch (thrown) {
      shell.fail(thrown);
    }
  }
  return {
    take(msg) {
      const of = receiveModel(msg, teacher, '');
      if (!of || !owner.takes(of)) return;
      lessons.offer(of);
      if (persistent) shell.background(() => keeper.write(of, msg.fl));
    },
    offer: lessons.offer,
    again: lessons.again,
    proceed: lessons.proceed,
    async forget() {
      await Promise.all([kept.keep(undefined), keeper.forget()]);
    },
    settled: () => keeper.settled(),
  };
}
