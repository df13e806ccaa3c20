import { choice, name, number, tip } from '../shared/form/fields.mjs';

export default [
  name,
  number('minClients', '3', [3, 1000], { unit: true, icon: 'users' }),
  choice('statistics', ['refuse', 'pass'], { icon: 'bar-chart' }),
  tip('tip.wires'),
];
