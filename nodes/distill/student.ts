/** Role "student": a network learns on the public rows what the members of a federation say of them (FedDF, arXiv 2006.07242). */
import { checkSameLabels } from '../../lib/distillation/logits';
import { studentOf } from '../../lib/distillation/student';
import { createStore } from '../../lib/state/store';
import { type GlobalModel, isKind } from '../shared/global-model';
import { headerOf } from '../shared/intake';
import { findModel, stateFolder } from '../shared/model';
import { once } from '../shared/once';
import { type Classroom, openClassroom } from './classroom';
import type { Context, Role } from './context';
import { studentOptions } from './options';
import { findConsensus, openPublicRows, type PublicIntake } from './public-rows';
import type { Lesson } from './pupil';

interface Work {
  publicRows: PublicIntake;
  /** Absent: nobody has said yet which public rows there are to be. */
  classroom?: Classroom;
  show(): void;
}

export function studentRole(context: Context): Role {
  const { RED, node, settings, shell } = context;
  const { status } = shell;
  const options = studentOptions(settings);
  const { temperature, persistent } = options;

  const open = async (): Promise<Work> => {
    const student = await findModel(RED, settings.student);
    const consensus = await findConsensus(context, settings.consensus);
    if (consensus) checkSameLabels(consensus.spec, student.spec);
    let changed = (): void => {};
    const publicRows = await openPublicRows(context, {
      network: student,
      consensus,
      store: persistent ? createStore(stateFolder(RED, 'distill')) : undefined,
      name: `${node.id} public`,
      onChange: () => changed(),
    });
    const show = (taught: number | undefined): void => {
      if (publicRows.showsTrouble()) return;
      if (taught === undefined) status.waiting('status.noPredictions');
      else status.ready('status.taught', { round: taught });
    };
    changed = () => show(undefined);
    if (!consensus) return { publicRows, show: changed };
    const lessonOf = async (of: GlobalModel): Promise<Lesson> => {
      const { rows } = publicRows;
      if (!rows) throw new Error('There are no public rows.');
      const logits = of.weights;
      const job = { consensus, logits, rows, student, temperature };
      return { teacher: of, rows, logits, learn: (how, train, watch) => studentOf({ ...how, ...job }, train, watch) };
    };
    const classroom = await openClassroom(context, {
      ...{ teacher: consensus, student, options, lessonOf, show },
      ready: () => publicRows.fit,
    });
    changed = classroom.proceed;
    return { publicRows, classroom, show: changed };
  };
  const ready = once(open);
  return {
    async start() {
      status.working('status.starting');
      (await ready()).show();
    },
    async take(msg) {
      const { publicRows, classroom } = await ready();
      const fl = headerOf(msg);
      if (isKind(msg, 'model')) classroom?.take(msg);
      else if (fl === undefined && msg.topic === 'forget') {
        await Promise.all([publicRows.forget(), classroom?.forget()]);
      } else if (fl === undefined || fl.kind === 'samples') await publicRows.take(msg);
    },
    async close(removed) {
      const all = await ready.opened();
      if (removed) await Promise.all([all?.publicRows.forget(), all?.classroom?.forget()]);
      else await Promise.all([all?.publicRows.save(), all?.classroom?.settled()]);
    },
  };
}
