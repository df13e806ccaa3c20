import { checkbox, choice, name, number, own, shownWhen, tip } from '../shared/form/fields.mjs';
import { ownKeys, trusted } from '../shared/form/keys.mjs';

export default [
  name,
  number('minClients', '3', [3, 1000], { unit: true, icon: 'users' }),
  choice('statistics', ['refuse', 'pass'], { icon: 'bar-chart' }),
  checkbox('sign'),
  ...shownWhen('sign=true', [...ownKeys, trusted]),
  own('trusted', []),
  tip('tip.wires'),
];
