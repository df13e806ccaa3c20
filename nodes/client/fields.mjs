import { capacity, choice, name, note, own, participant, title } from '../shared/form/fields.mjs';
import { personal } from '../shared/form/personal.mjs';

export default [
  name,
  ...participant,
  capacity('10000'),
  choice('eviction', { oldest: 'option.oldest', reservoir: 'option.reservoir' }, { icon: 'recycle' }),
  choice('persistent', { true: 'option.persistent', false: 'option.memory' }, { icon: 'hdd-o' }),
  note(undefined, { id: 'fl-client-size' }),
  title('personal'),
  ...personal(['fine-tuning', 'fedper', 'fedrep', 'ditto', 'per-fedavg']),
  own('outputs', 2),
];
