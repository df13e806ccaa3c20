import { checkbox, choice, name, own, shownWhen, text } from '../shared/form/fields.mjs';
import { ownKeys, trusted } from '../shared/form/keys.mjs';

export default [
  name,
  choice('direction', ['auto', 'pack', 'unpack'], { icon: 'exchange' }),
  checkbox('sign'),
  ...shownWhen('sign=true&direction!=unpack', ownKeys),
  checkbox('requireSignature', { when: 'direction!=pack' }),
  ...shownWhen('requireSignature=true&direction!=pack', [
    text('aggregator', { value: 'aggregator', unit: true, placeholder: true, width: '200px', icon: 'server' }),
    trusted,
  ]),
  own('trusted', []),
];
