/** Role "teach": a student learns from the models that come, on the samples that come (Hinton 2015, arXiv 1503.02531). */
import { meaningOf, shapeOf } from '../../lib/data/sample-input';
import { logitsOf, softTargets } from '../../lib/distillation/logits';
import { checkPair } from '../../lib/distillation/pair';
import { teach } from '../../lib/distillation/teach';
import { sampleSize, targetWidth } from '../../lib/model/shapes';
import { RefusedError } from '../../lib/refused';
import { createStore } from '../../lib/state/store';
import type { Normalisation } from '../../lib/training/engine';
import { createEmbedding } from '../shared/embedding';
import { type GlobalModel, isKind } from '../shared/global-model';
import { createIntake, headerOf, type Intake } from '../shared/intake';
import { type KeptSamples, openSamples } from '../shared/kept-samples';
import { findModel, type Model, stateFolder } from '../shared/model';
import { once } from '../shared/once';
import { type Classroom, openClassroom } from './classroom';
import type { Context, Role } from './context';
import { teachOptions } from './options';
import type { Lesson } from './pupil';

interface Work {
  teacher: Model;
  intake: Intake;
  samples: KeptSamples;
  classroom: Classroom;
}

/** A teacher whose weights came with its file: nobody has to send it. */
const imported = ({ weights, normalisation }: Model): GlobalModel | undefined =>
  weights && {
    federation: 'default',
    trained: 0,
    final: true,
    weights,
    ...(typeof normalisation === 'object' ? { normalisation } : {}),
    payload: Buffer.alloc(0),
  };

/** That of its teacher when the student has none of its own, and both look at the very same numbers. */
const normalisationFor = (student: Model, teacher: Model, of: GlobalModel): Normalisation | undefined =>
  student.normalisation === 'federated' && !student.spec.backbone && !teacher.spec.backbone
    ? of.normalisation
    : undefined;

export function teacherRole(context: Context): Role {
  const { RED, node, settings, shell, pool } = context;
  const { status, closing } = shell;
  const options = teachOptions(settings);
  const { persistent, minSamples, share } = options;

  const open = async (): Promise<Work> => {
    const [teacher, student] = [await findModel(RED, settings.teacher), await findModel(RED, settings.student)];
    checkPair(teacher.spec, student.spec);
    const { spec } = student;
    const width = sampleSize(spec);
    // Labels are not looked at when the teacher has the whole say: samples without any will do.
    const shape = shapeOf(spec, share < 1 ? targetWidth(spec) : 0);
    const samples = await openSamples(
      {
        ...options,
        width,
        targetWidth: shape.targetWidth,
        meaning: meaningOf({ ...spec, backbone: undefined, input: [width] }),
        name: `${node.id} samples`,
        ...(persistent ? { store: createStore(stateFolder(RED, 'distill')) } : {}),
      },
      (sentence) => node.warn(sentence),
    );
    const { bank } = samples;
    const toTeacher = createEmbedding(teacher, pool, closing);
    const toStudent = createEmbedding(student, pool, closing);

    const lessonOf = async (of: GlobalModel): Promise<Lesson> => {
      const block = bank.block();
      const { features, count } = toTeacher ? await toTeacher.embed(block) : block;
      const rows = toStudent ? await toStudent.embed(block) : block;
      const { weights, normalisation } = of;
      const job = { spec: teacher.spec, weights, features, count, normalisation };
      const { outputs } = await (await pool.get()).predict(job, { signal: closing, engine: teacher.engine });
      const logits = logitsOf(outputs, teacher.spec);
      const lesson = {
        student,
        rows,
        normalisation: normalisationFor(student, teacher, of),
        soft: softTargets(logits, spec, options),
      };
      return { teacher: of, rows, logits, learn: (how, train, watch) => teach({ ...how, ...lesson }, train, watch) };
    };
    const show = (taught: number | undefined): void => {
      const held = bank.count;
      if (intake.loading) status.working('status.loading', { held });
      else if (held < minSamples) status.waiting('status.samples', { held, wanted: minSamples });
      else if (taught === undefined) status.waiting('status.noTeacher');
      else status.ready('status.taught', { round: taught });
    };
    const ready = (): boolean => !intake.loading && bank.count >= minSamples;
    const intake = createIntake({ shell, samples, shape, onChange: () => classroom.proceed() });
    const classroom = await openClassroom(context, { teacher, student, options, ready, lessonOf, show });
    return { teacher, intake, samples, classroom };
  };
  const ready = once(open);
  return {
    async start() {
      status.working('status.starting');
      (await ready()).classroom.proceed();
    },
    async take(msg) {
      const { teacher, intake, classroom } = await ready();
      const fl = headerOf(msg);
      if (isKind(msg, 'model')) classroom.take(msg);
      else if (fl === undefined && msg.topic === 'forget') await Promise.all([intake.forget(), classroom.forget()]);
      else if (fl === undefined && msg.topic === 'teach') {
        if (classroom.again()) return;
        const of = imported(teacher);
        if (!of) throw new RefusedError('no-teacher', RED._('runtime.noTeacher'));
        classroom.offer(of);
      } else if (fl === undefined || fl.kind === 'samples') await intake.take(msg);
    },
    async close(removed) {
      const all = await ready.opened();
      if (removed) await Promise.all([all?.samples.forget(), all?.classroom.forget()]);
      else await Promise.all([all?.intake.save(), all?.classroom.settled()]);
    },
  };
}
