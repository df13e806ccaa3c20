import { choice, model, name, number, tip } from '../shared/form/fields.mjs';

export default [
  name,
  model,
  choice('method', ['magnitude', 'structured'], { icon: 'scissors' }),
  choice('per', ['layer', 'all'], { when: 'method=magnitude', icon: 'sliders' }),
  number('sparsity', '80', '(0, 100)', { unit: true, icon: 'percent' }),
  number('begin', '2', [1, 1000000], { icon: 'step-forward' }),
  number('end', '10', [1, 1000000], { icon: 'fast-forward', recheck: ['begin'] }),
  number('every', '1', [1, 1000000], { unit: true, icon: 'clock-o' }),
  tip('tip'),
];
