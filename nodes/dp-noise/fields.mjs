import { choice, name, number, shownWhen, tip } from '../shared/form/fields.mjs';

export default [
  name,
  choice('mode', ['local', 'central', 'distributed'], { icon: 'user-secret' }),
  tip('tip.local', { when: 'mode!=central,distributed' }),
  tip('tip.central', { when: 'mode=central' }),
  tip('tip.distributed', { when: 'mode=distributed' }),
  number('clients', '3', [3, 1000], { unit: true, when: 'mode=distributed', icon: 'users' }),
  choice('mechanism', ['gaussian', 'tree'], { when: 'mode=central', icon: 'sitemap' }),
  choice('clipping', ['fixed', 'adaptive'], { when: 'mode=central&mechanism!=tree', icon: 'crop' }),
  number('clippingNorm', '1', '(0, 1e6]', {
    unit: {
      'mode!=central|mechanism=tree|clipping!=adaptive': 'unit.clippingNorm',
      'mode=central&mechanism!=tree&clipping=adaptive': 'unit.firstNorm',
    },
    icon: 'arrows-h',
  }),
  ...shownWhen('mode=central&mechanism!=tree&clipping=adaptive', [
    number('quantile', '0.5', '[0, 1]', { unit: true, icon: 'bullseye' }),
    choice('step', ['geometric', 'linear'], { icon: 'level-up' }),
    number('rate', '0.2', '(0, 1e6]', { unit: { 'step!=linear': 'unit.rate', 'step=linear': 'unit.linearRate' } }),
    number('countNoise', '1', '(0, 1e9]', {
      unit: true,
      or: { type: 'auto', label: 'autoCount', chosen: true },
      icon: 'hand-paper-o',
    }),
  ]),
  choice('noise', ['multiplier', 'target'], { value: 'target', icon: 'signal' }),
  number('noiseMultiplier', '1', '(0, 1e6]', { unit: true, when: 'noise!=target' }),
  number('targetEpsilon', '8', '(0, 1e6]', { unit: true, when: 'noise=target' }),
  number('releases', '20', [1, 1e6], {
    unit: { 'mode!=central|mechanism!=tree': 'unit.releases', 'mode=central&mechanism=tree': 'unit.treeRounds' },
    icon: 'repeat',
  }),
  number('delta', '1e-5', '(0, 1)', { unit: true, icon: 'percent' }),
  number('samplingRate', '1', '(0, 1]', { unit: true, when: 'mode=central&mechanism!=tree', icon: 'pie-chart' }),
  choice('accountant', ['rdp', 'pld', 'gdp'], { when: 'mode=central&mechanism!=tree', icon: 'calculator' }),
  tip('tip.gdp', { when: 'mode=central&mechanism!=tree&accountant=gdp' }),
  ...shownWhen('mode=central&mechanism=tree', [
    number('participations', '1', [1, 1e6], { unit: true, icon: 'user-o' }),
    number('separation', '1', [1, 1e6], { unit: true, icon: 'arrows-h' }),
  ]),
  number('budget', '8', '(0, 1e6]', { unit: true, or: { type: 'none', label: 'noLimit' }, icon: 'battery-half' }),
  choice('statistics', ['refuse', 'pass'], { icon: 'bar-chart' }),
  tip(undefined, { id: 'fl-dp-noise-account' }),
];
