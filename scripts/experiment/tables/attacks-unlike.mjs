// The same attacks where honest clients are unlike: their updates lie apart, and every rule has a harder time.
import { table as alike } from './attacks.mjs';

export const table = {
  ...alike,
  title: 'Attacks by a fifth of the clients, where honest clients are unlike',
  about: `
As in [attacks](attacks.md), but the classes of each client are drawn from Dirichlet(0.5): honest updates lie apart, so that a lie stands out less and a rule that leaves
out what lies apart leaves out what nobody else has. It learns slower, too: with thirty rounds in place of ten FLAME holds the backdoors ([attacks-rounds](attacks-rounds.md)).`,
  data: [
    {
      name: 'digits',
      title: 'Written digits, Dirichlet(0.5)',
      settings: { clients: { kind: 'dirichlet', clients: 15, alpha: 0.5, seed: 1 } },
    },
  ],
};
