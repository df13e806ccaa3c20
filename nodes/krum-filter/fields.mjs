import { choice, name, number, text, tip } from '../shared/form/fields.mjs';

const knowF = ['multi-krum', 'krum', 'bulyan', 'median', 'geometric-median', 'trimmed-mean'];
const others = ['norm-bound', 'norm-clip', 'centered-clip', 'flame', 'fltrust'];
const byF = `method=${knowF}`;
const orAuto = (label) => ({ or: { type: 'auto', label, chosen: true }, unit: true });

export default [
  name,
  choice('method', [...knowF, ...others], { icon: 'filter' }),
  number('byzantine', '1', [0, 10000], { unit: true, when: byF, icon: 'user-times', id: 'fl-krum-filter-byzantine' }),
  tip(undefined, { when: byF, id: 'fl-krum-filter-rule' }),
  number('keep', '', [1, 100000], {
    ...orAuto('keepAuto'),
    when: 'method=multi-krum',
    icon: 'check',
    id: 'fl-krum-filter-keep',
  }),
  text('trusted', {
    needed: true,
    unit: true,
    width: '250px',
    when: 'method=fltrust',
    icon: 'star',
    id: 'fl-krum-filter-trusted',
  }),
  choice('tooFew', ['none', 'all'], { icon: 'balance-scale' }),
  number('wait', '', '(0, 86400]', { ...orAuto('waitAuto'), icon: 'clock-o' }),
  number('memory', '256', [1, 16384], { unit: true, icon: 'database' }),
];
