import { choice, name, number } from '../shared/form/fields.mjs';

export default [
  name,
  number('bits', '8', [1, 16], { unit: true, icon: 'compress', after: '<span id="fl-quantize-ratio"></span>' }),
  choice('rounding', ['nearest', 'stochastic'], { icon: 'random' }),
  number('seed', '1', [0, 4294967295], { when: 'rounding=stochastic', icon: 'leaf' }),
  choice('scale', ['tensor', 'channel'], { icon: 'sliders' }),
  choice('grid', ['symmetric', 'affine'], { when: 'bits!=1', icon: 'th' }),
];
