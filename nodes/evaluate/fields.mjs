import { checkbox, choice, name, number, observed, shownWhen, text, tip } from '../shared/form/fields.mjs';

export default [
  name,
  ...observed,
  choice('use', ['test', 'everything'], { icon: 'filter' }),
  number('limit', '20000', [1, 1000000], { unit: true, icon: 'database' }),
  number('every', '1', [1, 100000], { unit: true, icon: 'clock-o' }),
  text('positive', { placeholder: true, icon: 'bullseye', id: 'fl-evaluate-positive' }),
  number('samplesPerDay', '0', '[0, Infinity]', { unit: true, icon: 'calendar', id: 'fl-evaluate-samplesPerDay' }),
  checkbox('robustness', { unit: true, icon: 'shield', id: 'fl-evaluate-robustness' }),
  ...shownWhen('robustness=true', [
    text('strengths', { value: '0.1, 0.2, 0.4', unit: true, width: '150px', icon: 'arrows-h' }),
    number('attackSteps', '10', [1, 1000], { unit: true, icon: 'repeat' }),
    number('attacked', '500', [1, 1000000], { unit: true, icon: 'crosshairs' }),
  ]),
  tip('tip'),
];
