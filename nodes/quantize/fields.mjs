import { choice, name, note, number, shownWhen } from '../shared/form/fields.mjs';

/** Where something is left to chance. */
const chance = 'method=eden,terngrad,qsgd|method=drive&rotation=hadamard|method=grid&rounding=stochastic';

export default [
  name,
  choice('method', ['grid', 'eden', 'drive', 'sign', 'terngrad', 'qsgd', 'bfloat16'], { icon: 'compress' }),
  ...shownWhen('method=grid', [
    number('bits', '8', [1, 16], { unit: true, icon: 'columns' }),
    choice('rounding', ['nearest', 'stochastic'], { icon: 'random' }),
    choice('scale', ['tensor', 'channel'], { icon: 'sliders' }),
    choice('grid', ['symmetric', 'affine'], { when: 'bits!=1', icon: 'th' }),
  ]),
  number('edenBits', '2', [1, 4], { when: 'method=eden', label: 'label.bits', unit: 'unit.bits', icon: 'columns' }),
  choice('rotation', ['hadamard', 'none'], { when: 'method=drive', icon: 'repeat' }),
  number('clipping', '2.5', '[0, 1000]', { when: 'method=terngrad', unit: true, icon: 'crop' }),
  ...shownWhen('method=qsgd', [
    number('levels', '16', [1, 255], { unit: true, icon: 'bars' }),
    choice('levelsBy', ['fixed', 'loss'], { icon: 'line-chart' }),
    number('bucket', '512', [1, 32767], { unit: true, icon: 'cubes' }),
  ]),
  choice('feedback', ['none', 'residual'], {
    when: 'method=eden,drive|method=grid&rounding=nearest',
    icon: 'undo',
  }),
  number('seed', '1', [0, 4294967295], { when: chance, icon: 'leaf' }),
  note(undefined, { id: 'fl-quantize-ratio' }),
];
