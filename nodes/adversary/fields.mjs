import { choice, html, keyed, name, number, shownWhen, text } from '../shared/form/fields.mjs';

const onUpdates = keyed(
  ...['attack', 'sign-flip', 'scaling', 'gaussian', 'little-is-enough', 'inner-product'],
  ...['free-rider', 'not-finite', 'wrong-counts', 'replay', 'sybils'],
);
const onSamples = keyed('attack', 'label-flip', 'backdoor');

/** A number, or what the attack does by itself. */
const orAuto = (field, range, looks) =>
  number(field, '', range, { or: { type: 'auto', label: `auto.${field}`, chosen: true }, ...looks });

const warning = `<div class="form-tips fl-tip" style="border-left: 4px solid #b03a2e">
  <i class="fa fa-warning"></i> <span data-i18n="warning"></span>
</div>`;
const effect = `<div class="form-tips fl-tip">
  <span id="fl-adversary-what"></span> <span id="fl-adversary-place"></span>
</div>`;

const round = { whole: [0, 1e9], width: '80px' };

export default [
  html(warning),
  name,
  choice('attack', { 'group.update': onUpdates, 'group.samples': onSamples }, { icon: 'user-secret' }),
  html(effect),
  number('factor', '5', '[0, 1e9]', { unit: true, when: 'attack=sign-flip', icon: 'times' }),
  orAuto('gamma', '[-1e9, 1e9]', { when: 'attack=scaling', icon: 'times' }),
  number('deviation', '1', '[0, 1e9]', { unit: true, when: 'attack=gaussian', icon: 'area-chart' }),
  orAuto('deviations', '[-100, 100]', { when: 'attack=little-is-enough', icon: 'arrows-h' }),
  number('epsilon', '5', '[0, 1e9]', { unit: true, when: 'attack=inner-product', icon: 'exchange' }),
  choice('knows', ['attackers', 'everybody'], { when: 'attack=little-is-enough,inner-product', icon: 'eye' }),
  ...shownWhen('attack=label-flip', [
    text('from', { placeholder: true, icon: 'tag' }),
    text('to', { placeholder: true, icon: 'tags' }),
  ]),
  ...shownWhen('attack=backdoor', [
    text('features', { value: '0', needed: true, placeholder: true, icon: 'list-ol' }),
    number('value', '1', '[-3e38, 3e38]', { unit: true, icon: 'dot-circle-o' }),
    text('target', { value: '0', needed: true, placeholder: true, icon: 'bullseye' }),
    number('part', '50', '[0, 100]', { unit: true, icon: 'pie-chart' }),
  ]),
  ...shownWhen('attack=free-rider', [
    choice('sends', ['noise', 'zero', 'earlier'], { icon: 'bed' }),
    orAuto('norm', '[0, 1e12]', { icon: 'arrows-h' }),
  ]),
  ...shownWhen('attack=not-finite', [
    choice('number', ['nan', 'infinity'], { icon: 'bug' }),
    choice('where', ['one', 'all'], { icon: 'map-marker' }),
  ]),
  ...shownWhen('attack=wrong-counts', [
    number('samples', '1000000000', '[-1e15, 1e15]', { unit: true, icon: 'sort-numeric-asc' }),
  ]),
  ...shownWhen('attack=replay', [
    number('age', '1', [1, 100], { unit: true, icon: 'history' }),
    choice('as', ['numbers', 'message'], { icon: 'envelope-o' }),
  ]),
  number('names', '3', [1, 1000], { unit: true, when: 'attack=sybils', icon: 'users' }),
  choice('who', ['share', 'clients'], { icon: 'users' }),
  number('share', '20', '[0, 100]', { unit: true, when: 'who=share', icon: 'pie-chart' }),
  text('clients', { needed: true, placeholder: true, when: 'who=clients', icon: 'list' }),
  ...shownWhen('attack!=label-flip,backdoor', [
    text('fromRound', { ...round, value: '1', label: 'label.rounds', unit: 'unit.toRound', icon: 'repeat' }),
    text('toRound', { ...round, empty: true, placeholder: true, beside: true }),
  ]),
  number('seed', '1', [0, 4294967295], { unit: true, icon: 'random' }),
  ...shownWhen('attack=little-is-enough,inner-product,replay', [
    number('memory', '64', [1, 16384], { unit: true, icon: 'database' }),
  ]),
];
