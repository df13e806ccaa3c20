import { choice, name, number, own, text, tip } from '../shared/form/fields.mjs';

export default [
  name,
  choice('mode', ['groups', 'client'], { icon: 'code-fork' }),
  number('groups', '2', [1, 64], { when: 'mode=groups', icon: 'th-large' }),
  text('client', { needed: true, when: 'mode=client', icon: 'user' }),
  own('outputs', 3),
  tip('tip'),
];
