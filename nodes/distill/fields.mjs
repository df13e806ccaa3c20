import { capacity, choice, model, name, note, number, own, shownWhen, text, title } from '../shared/form/fields.mjs';

/** Several fl-models, each of some roles. */
const chosen = (field, when, icon) => ({ ...model, name: field, when, icon });

const lessons = 'role=teach,student';
const taking = 'role=teach,member';

export default [
  name,
  choice('role', ['teach', 'member', 'student'], { icon: 'graduation-cap' }),
  chosen('teacher', 'role=teach', 'user'),
  chosen('student', lessons, 'child'),
  ...shownWhen('role=member', [
    text('client', { longest: 100, placeholder: true, icon: 'user-o' }),
    text('federation', { value: 'default', needed: true, icon: 'share-alt' }),
  ]),
  chosen('network', 'role=member', 'cubes'),
  chosen('consensus', 'role=member,student', 'comments-o'),
  note('hint.consensus', { when: 'role=member,student' }),
  title('learning'),
  number('temperature', '', '[1, 1000]', { empty: true, unit: true }),
  number('share', '', '[0, 1]', { empty: true, unit: true, when: 'role=teach', icon: 'pie-chart' }),
  ...shownWhen('role=member', [
    number('digestEpochs', '', [1, 10000], { empty: true, unit: true, icon: 'refresh' }),
    number('pretrainEpochs', '0', [0, 10000], { unit: true, icon: 'book' }),
    choice('counts', ['alike', 'samples'], { icon: 'balance-scale' }),
  ]),
  ...shownWhen(lessons, [
    choice('when', ['rounds', 'end'], { icon: 'clock-o' }),
    number('every', '1', [1, 100000], { unit: true, when: 'when=rounds', icon: 'step-forward' }),
    choice('start', ['first', 'last'], { icon: 'flag-o' }),
    number('epochs', '10', [1, 10000], { unit: true, icon: 'refresh' }),
    number('batchSize', '16', [1, 65536], { unit: 'unit.samples', icon: 'th-large' }),
    choice('optimizer', ['adam', 'sgd', 'momentum'], { icon: 'level-down' }),
    number('learningRate', '0.01', '(0, 100]', { icon: 'tachometer' }),
  ]),
  title('samples'),
  text('publicTopic', {
    value: 'public',
    needed: true,
    width: '140px',
    unit: true,
    when: 'role=member',
    icon: 'envelope-o',
  }),
  note('hint.student', { when: 'role=student' }),
  ...shownWhen(taking, [
    number('minSamples', '16', [1, 10000000], { unit: 'unit.samples', icon: 'sign-in' }),
    capacity('10000'),
    choice('eviction', ['oldest', 'reservoir'], { icon: 'recycle' }),
  ]),
  choice('persistent', { true: 'persistent.disk', false: 'persistent.memory' }, { icon: 'hdd-o' }),
  own('outputs', 2),
];
