// One attacker under more and more names, until most of all clients are his.
import { table as alike, backdoor, columns } from './attacks.mjs';

const names = ['mean', 'median', 'FLTrust', 'FLAME', 'FoolsGold'];
const lies = [
  ['label flip', { name: 'label-flip' }],
  ['backdoor', backdoor],
];
const unlike = { clients: { kind: 'dirichlet', clients: 15, alpha: 0.5, seed: 1 } };

export const table = {
  ...alike,
  title: 'Sybils: one attacker under more and more names',
  about: `
As in [attacks](attacks.md), ten rounds of 15 clients; but of these 3, 6, 9 or 12 are one attacker: each trains on the same poisoned samples, in an order of its own. Against more than half no rule
can hold that goes by what most say; FLTrust goes by samples of the aggregator's own, FoolsGold by who is too much like another.
What 12 of 15 cost stays lost: the samples of three are all that is left to learn from.`,
  rows: [
    { name: 'no attack', settings: {} },
    ...lies.flatMap(([name, lie]) =>
      [3, 6, 9, 12].map((count) => ({
        name: `${name} by ${count} of 15`,
        settings: { attack: { share: count / 15, copies: true, ...lie } },
      })),
    ),
  ],
  columns: columns.filter(({ name }) => names.includes(name)),
  data: [
    { name: 'digits', title: 'Written digits' },
    { name: 'digits', key: 'digits-unlike', title: 'Written digits, Dirichlet(0.5)', settings: unlike },
  ],
};
