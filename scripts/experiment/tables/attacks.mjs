// A fifth of the clients lies: what each kind of lie does to each rule.

import { remarks } from '../remarks/attacks.mjs';
import { percent } from '../table.mjs';

const SHARE = 0.2;
const lie = (name, options) => ({ name, settings: { attack: { share: SHARE, ...options } } });
/** Corners of the picture, or coefficients of four frames, at a value that honest samples do not have there together. */
const trigger = { features: [0, 7, 56, 63], value: 16, target: '0' };
const backdoor = { name: 'backdoor', part: 0.5, ...trigger };

export const rows = [
  { name: 'no attack', settings: {} },
  lie('sign flip × 5', { name: 'sign-flip', factor: 5 }),
  lie('Gaussian, σ = 1', { name: 'gaussian', deviation: 1 }),
  lie('a little is enough, z_max', { name: 'little-is-enough', knows: 'everybody' }),
  lie('a little is enough, z = 1.5', { name: 'little-is-enough', deviations: 1.5, knows: 'everybody' }),
  lie('inner product, ε = 0.5', { name: 'inner-product', epsilon: 0.5, knows: 'everybody' }),
  lie('inner product, ε = 5', { name: 'inner-product', epsilon: 5, knows: 'everybody' }),
  lie('label flip', { name: 'label-flip' }),
  lie('label flip, scaled × 15', { name: 'label-flip', boost: 15 }),
  lie('backdoor', backdoor),
  lie('backdoor, scaled × 5', { ...backdoor, boost: 5 }),
  lie('free rider, noise', { name: 'free-rider', sends: 'noise' }),
  lie('free rider, last change', { name: 'free-rider', sends: 'earlier' }),
  lie('NaN', { name: 'not-finite', number: 'nan', where: 'one' }),
  lie('wrong counts, 10⁹', { name: 'wrong-counts', samples: 1e9 }),
  lie('replay, five rounds old', { name: 'replay', age: 5, as: 'numbers' }),
  lie('Sybils, one label flip thrice', { name: 'label-flip', copies: true }),
];
const rule = (name, options) => ({ name, settings: { federation: { rule: options } } });
export const table = {
  title: 'Attacks by a fifth of the clients, and the rules that hold',
  about: 'x',
  data: [
    { name: 'digits' },
    { name: 'spoken' },
    {
      name: 'digits',
      key: 'digits-unlike',
      title: 'Written digits, unlike clients (Dirichlet 0.5)',
      settings: { clients: { kind: 'dirichlet', clients: 15, alpha: 0.5, seed: 1 } },
    },
  ],
  settings: { clients: { kind: 'iid', clients: 15, seed: 1 }, rounds: 15, training: { learningRate: 0.1 }, trigger },
  rows,
  columns: [rule('mean', undefined)],
  figures: [
    percent('accuracy', 'accuracy'),
    { ...percent('backdoor', 'backdoor success'), rows: ({ name }) => /backdoor|no attack/.test(name) },
  ],
  plot: { kind: 'heat', figure: 'accuracy', worse: (value, values) => (values[0][0] - value) / 60 },
  remarks,
};
