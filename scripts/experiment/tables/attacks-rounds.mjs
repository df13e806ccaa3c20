// What rounds do for a rule that learns slower where honest clients are unlike.
import { table as alike, columns, rows } from './attacks.mjs';

const isOneOf =
  (names) =>
  ({ name }) =>
    names.includes(name);
const unlike = { clients: { kind: 'dirichlet', clients: 15, alpha: 0.5, seed: 1 }, rounds: 30 };

export const table = {
  ...alike,
  title: 'Backdoors of unlike clients, after thirty rounds',
  about: `
As in [attacks-unlike](attacks-unlike.md) (classes of each client from Dirichlet(0.5), three of 15 lie), but thirty rounds in place of ten: a rule that leaves out
half of a round learns slower, and is to be judged when it has learned. Only the attacks that open a backdoor or flip labels, and the rules that have something to say of them.`,
  rows: rows.filter(isOneOf(['no attack', 'label flip', 'backdoor', 'backdoor, scaled × 5'])),
  columns: columns.filter(isOneOf(['mean', 'median', 'trimmed mean', 'FLTrust', 'FLAME'])),
  data: [
    { name: 'digits', title: 'Written digits, Dirichlet(0.5)', settings: unlike },
    { name: 'spoken', title: 'Spoken digits, Dirichlet(0.5)', settings: unlike },
  ],
};
