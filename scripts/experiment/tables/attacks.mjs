// A fifth of the clients lies: what each kind of lie does to each rule.
import { percent } from '../table.mjs';

const attack = (name, options) => ({ name, settings: { attack: options ? { share: 0.2, ...options } : undefined } });

export const rows = [attack('no attack'), attack('sign flip × 5', { name: 'sign-flip', factor: 5 })];
const rule = (name, options) => ({ name, settings: { federation: { rule: options } } });
export const table = {
  title: 'Attacks by a fifth of the clients, and the rules that hold',
  about: 'x',
  data: [{ name: 'digits' }],
  settings: { clients: { kind: 'iid', clients: 15, seed: 1 } },
  rows,
  columns: [rule('mean', undefined), rule('median', { name: 'median' })],
  figures: [percent('accuracy', 'accuracy'), percent('backdoor', 'backdoor success')],
  plot: { kind: 'heat', figure: 'accuracy', worse: (value, values) => (values[0][0] - value) / 60 },
};
