// A fifth of the clients lies: what each kind of lie does to each rule.

import { remarks } from '../remarks/attacks.mjs';
import { percent } from '../table.mjs';

const SHARE = 0.2;
const lie = (name, options) => ({ name, settings: { attack: { share: SHARE, ...options } } });
/** Corners of the picture, or coefficients of four frames, at a value that honest samples do not have there together. */
export const trigger = { features: [0, 7, 56, 63], value: 16, target: '0' };
export const backdoor = { name: 'backdoor', part: 0.5, ...trigger };

export const rows = [
  { name: 'no attack', settings: {} },
  lie('sign flip × 5', { name: 'sign-flip', factor: 5 }),
  lie('Gaussian, σ = 1', { name: 'gaussian', deviation: 1 }),
  lie('a little is enough, z = 1.5', { name: 'little-is-enough', deviations: 1.5, knows: 'everybody' }),
  // As large as its paper has it for 15 of whom three lie: z = 0.21.
  lie('a little is enough, z from n and f', { name: 'little-is-enough', knows: 'everybody' }),
  lie('inner product, ε = 0.5', { name: 'inner-product', epsilon: 0.5, knows: 'everybody' }),
  lie('inner product, ε = 5', { name: 'inner-product', epsilon: 5, knows: 'everybody' }),
  lie('label flip', { name: 'label-flip' }),
  lie('label flip, scaled × 15 (model replacement)', { name: 'label-flip', boost: 15 }),
  lie('backdoor', backdoor),
  lie('backdoor, scaled × 5', { ...backdoor, boost: 5 }),
  lie('free rider, noise', { name: 'free-rider', sends: 'noise' }),
  lie('free rider, the last change of the model', { name: 'free-rider', sends: 'earlier' }),
  lie('NaN', { name: 'not-finite', number: 'nan', where: 'one' }),
  lie('wrong counts, 10⁹', { name: 'wrong-counts', samples: 1e9 }),
  lie('replay, five rounds old', { name: 'replay', age: 5, as: 'numbers' }),
  lie('Sybils, one label flip thrice', { name: 'label-flip', copies: true }),
  lie('backdoor by Sybils, one thrice', { ...backdoor, copies: true }),
];
/** Of 15 clients three lie: every rule is told so where it asks. */
const f = 3;
/** Bulyan needs 4f + 3 updates, all that there are. */
const rule = (name, options, quorum = 12) => ({ name, settings: { federation: { rule: options, quorum } } });
export const columns = [
  rule('mean', { name: 'mean' }),
  rule('median', { name: 'median', f }),
  rule('trimmed mean', { name: 'trimmed-mean', beta: 0.25, f }),
  rule('Krum', { name: 'krum', f }),
  rule('Multi-Krum', { name: 'multi-krum', f }),
  rule('Bulyan', { name: 'bulyan', f }, 15),
  rule('geometric median', { name: 'geometric-median' }),
  rule('norm bound', { name: 'norm-bound' }),
  rule('FLTrust', { name: 'fltrust' }),
  rule('centered clip', { name: 'centered-clip' }),
  rule('FLAME', { name: 'flame' }),
  rule('FoolsGold', { name: 'foolsgold' }),
];

export const table = {
  title: 'Attacks by a fifth of the clients, and the rules that hold',
  about: `
Three of 15 clients lie in every one of ten rounds; the others are honest, and all have rows of all classes alike. Rows: what the liars do (lib/attack); columns: the
rule that takes the place of the mean (lib/robust), with f = 3 where a rule asks; FLTrust's aggregator has 100 rows of its own (drawn from all clients' rows). A network of one hidden layer of 32, two epochs of SGD
(0.1, batches of 16) a round. Backdoor: half of a liar's samples get four features of one value, and class 0; its success is the share of other held-out samples that are taken
for 0 with the trigger on. "Scaled": what was learned from poisoned samples is made larger before it is sent, up to replacing the model (15 clients).
NaN is refused by the aggregator before any rule. How the rules do where honest clients are unlike is the table [attacks-unlike](attacks-unlike.md).`,
  data: [{ name: 'digits' }, { name: 'spoken' }],
  settings: { clients: { kind: 'iid', clients: 15, seed: 1 }, rounds: 10, training: { learningRate: 0.1 }, trigger },
  rows,
  columns,
  figures: [
    percent('accuracy', 'accuracy'),
    { ...percent('backdoor', 'backdoor success'), rows: ({ name }) => /backdoor|no attack/.test(name) },
  ],
  plot: { kind: 'heat', figure: 'accuracy', worse: (value, values) => (values[0][0] - value) / 60 },
  remarks,
};
