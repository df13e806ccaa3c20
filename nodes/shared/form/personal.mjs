// How a personal model is made, and which layers stay at home.
import { choice, note, number, text } from './fields.mjs';

const texts = {
  none: 'personal.none',
  'fine-tuning': 'personal.fineTuning',
  fedper: 'personal.fedper',
  fedrep: 'personal.fedrep',
  ditto: 'personal.ditto',
  'per-fedavg': 'personal.perFedAvg',
};
const positive = '(0, 1000]';
const count = [1, 10000];
const variants = { 'first-order': 'variant.firstOrder', 'hessian-free': 'variant.hessianFree' };

/** Of each method, in the order of the dialogue, whose code includes form/participant.js. */
const fields = [
  [['fedper', 'fedrep'], text('privateLayers', { value: '1', needed: true, icon: 'home' })],
  [['fedper', 'fedrep'], note(undefined, { id: 'fl-personal-layers' })],
  [['fine-tuning', 'fedrep', 'ditto'], number('personalEpochs', '1', count, { unit: true, icon: 'repeat' })],
  [
    ['fine-tuning'],
    number('personalRate', '', positive, { empty: true, unit: 'unit.asFederation', icon: 'line-chart' }),
  ],
  [['fine-tuning'], number('tuneEvery', '1', count, { unit: true, icon: 'clock-o' })],
  [['ditto'], number('lambda', '0.1', '[0, 1e6]', { unit: true, icon: 'magnet' })],
  [
    ['fine-tuning', 'fedper', 'fedrep', 'ditto', 'per-fedavg'],
    number('heldOut', '20', '[0, 50]', { unit: true, icon: 'balance-scale' }),
  ],
  [['per-fedavg'], choice('variant', variants, { icon: 'code-fork' })],
  [['per-fedavg'], number('alpha', '0.01', positive, { unit: true, icon: 'step-forward' })],
  [['per-fedavg'], number('beta', '', positive, { empty: true, unit: 'unit.asFederation', icon: 'line-chart' })],
  [['per-fedavg'], number('delta', '0.001', positive, { unit: true, icon: 'arrows-h', when: 'variant=hessian-free' })],
  [['per-fedavg'], number('adaptationSteps', '1', count, { unit: true, icon: 'repeat' })],
];

/** The fields of the `methods` that a node has. */
export const personal = (methods) => [
  choice('personal', Object.fromEntries(['none', ...methods].map((method) => [method, texts[method]])), {
    icon: 'user-circle-o',
  }),
  ...fields.flatMap(([those, field]) => {
    const when = `personal=${those.filter((method) => methods.includes(method)).join(',')}`;
    if (when === 'personal=') return [];
    return [{ ...field, when: field.when ? `${when}&${field.when}` : when }];
  }),
];
