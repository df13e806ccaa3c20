import { choice, name, note, number, shownWhen } from '../shared/form/fields.mjs';

export default [
  name,
  choice('method', ['top-k', 'random-k', 'threshold'], { icon: 'filter' }),
  ...shownWhen('method=top-k,random-k', [
    number('share', '10', '(0, 100]', { unit: true, icon: 'percent' }),
    choice('per', ['tensor', 'all'], { icon: 'sliders' }),
  ]),
  number('threshold', '0.001', '(0, 1e9]', { when: 'method=threshold', unit: true, icon: 'arrows-v' }),
  ...shownWhen('method=random-k', [
    choice('draw', ['client', 'round'], { icon: 'random' }),
    number('seed', '1', [0, 4294967295], { icon: 'leaf' }),
  ]),
  choice('feedback', ['residual', 'momentum', 'none'], { icon: 'undo' }),
  number('momentum', '0.9', '[0, 1)', { when: 'feedback=momentum', icon: 'forward' }),
  number('warmUp', '0', [0, 10000], { when: 'method=top-k,random-k', unit: true, icon: 'fire' }),
  note('note.unbiased', { when: 'method=random-k&feedback=none' }),
];
