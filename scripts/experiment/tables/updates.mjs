// What fewer and smaller updates cost in accuracy: more work between two of them, only those that are worth their bytes, fewer bits.

import { remarks } from '../remarks/updates.mjs';
import { percent } from '../table.mjs';

const row = (family, name, settings) => ({ family, name, settings });
const epochs = (count) =>
  row('local epochs', `FedAvg, ${count === 1 ? '1 epoch' : `${count} epochs`}`, { training: { epochs: count } });
const sending = (family, name, options) => row(family, name, { federation: { sending: options } });
const periodic = (every) => sending('periodic', `every ${every} rounds`, { name: 'periodic', every });
const named = (name, patience) => (patience ? `${name}, patience ${patience}` : name);
const norm = (threshold, patience) =>
  sending(named('norm', patience), named(`norm ≥ ${threshold}`, patience), { name: 'norm', threshold, patience });
const loss = (threshold, patience) =>
  sending(named('loss', patience), named(`fall of the loss ≥ ${threshold}`, patience), {
    name: 'loss',
    threshold,
    patience,
  });

export const table = {
  title: 'Fewer and smaller updates',
  about: `
Twenty clients hold the rows as Dirichlet(0.5) deals them out; all are asked in each of 40 rounds. Network of one hidden layer of 32, SGD in batches of 16 at the rate 0.1, two local epochs where the row does not say otherwise.
Rows: how much a client learns between two messages (FedSGD: one step over all its rows, at the rate 1; then 1 to 10 epochs), and which updates are worth sending
([what stays is added to the next](../timing.md#fewer-updates); 10 in a row may stay, or as many as *patience* says). Columns: updates as float32, or in 8 bits behind the clients (fl-quantize).
Rates and thresholds were chosen on a seed and a split that are not in the table.`,
  data: [{ name: 'digits' }, { name: 'spoken' }],
  settings: {
    clients: { kind: 'dirichlet', clients: 20, alpha: 0.5, seed: 1 },
    rounds: 40,
    training: { epochs: 2, learningRate: 0.1 },
    federation: { quorum: 5 },
    traffic: true,
  },
  rows: [
    row('FedSGD', 'FedSGD, rate 1', { federation: { strategy: { name: 'fedsgd' } }, training: { learningRate: 1 } }),
    ...[1, 2, 5, 10].map(epochs),
    row('local epochs', 'FedAvg, 1 epoch, rate 0.4', { training: { epochs: 1, learningRate: 0.4 } }),
    ...[2, 4, 8].map(periodic),
    ...[0.05, 0.1, 0.2, 0.4, 0.8].map((threshold) => norm(threshold)),
    norm(0.2, 3),
    norm(0.8, 3),
    ...[0.3, 0.5, 0.7].map((threshold) => loss(threshold)),
    loss(0.7, 3),
  ],
  columns: [
    { name: 'float32', settings: {} },
    { name: '8 bits', settings: { compress: [{ codec: 'quantize', bits: 8 }] } },
  ],
  figures: [percent('accuracy', 'accuracy')],
  plot: {
    kind: 'lines',
    figure: 'accuracy',
    along: { key: 'bytesUp', scale: 1e-6 },
    column: 0,
    xTitle: 'MB up, all clients together, as float32; in 8 bits a quarter',
    low: 70,
  },
  remarks,
  /** Accuracy to be reached: by the mean curve of the seeds. */
  goal: 0.9,
  findings: [
    'Rounds to 90 %: of the mean curve of the seeds. *MB saved*: the sum of `bytesSaved` of the round metrics; *sent* and *asked* are their `updates` and `cohort`.',
    '',
    '- **Half to four fifths of the updates need not go.** Every second round costs nothing that the spread would show; every fourth 0.0 and 0.6 points for a quarter of the bytes. The rule by',
    '  norm does a little better with the same bytes: at 0.2 it sends 131 to 149 of 800 and loses 0.3 and 0.1 points. It sends more in the beginning, where updates are long.',
    '- **A threshold can be too high.** From 0.4 on spoken, from 0.8 on both, updates stay until patience ends, and what stays at the end is lost: 13 to 17 points at 0.8. With patience 3 the same threshold is "every fourth round"',
    '  (200 of 800 exactly) and loses at most half a point, but needs two to three times the rounds to 90 %. Patience is what makes a threshold safe: 3 at 0.2 sends half as much again and needs no guess.',
    '- **The fall of the loss is the weaker rule here.** A client of seventy rows always lowers its own loss, so at 0.3 hardly anything stays; the same 0.5 sends 250 updates on one data set and 564 on the other; and at 0.7 it holds back the first rounds,',
    '  where the loss falls slowly, and so takes two to three times the rounds to 90 %. It also takes the loss of the model as it came.',
    '- **8 bits** are a quarter of the bytes for at most 0.3 points either way, within the spread, with every rule. Together with norm ≥ 0.2: 0.36 MB in place of 7.71, and 0.72 in place of 17.54.',
    '- **Longer local training** needs the same bytes a round and fewer rounds: 13, 8, 5 and 3 to 5 rounds to 90 % with 1, 2, 5 and 10 epochs, for up to ten times the steps; on the spoken digits 10 epochs bring nothing over 5.',
    '  Much of that is the rate: one epoch at 0.4 does in rounds and in accuracy what five do at 0.1, with a fifth of the steps.',
    '- **FedSGD** at a rate of its own is no poor end of the scale here: with one step a round it is between 2 and 5 epochs of FedAvg at 0.1. McMahan (2017) finds FedAvg ahead by ten times and more with deeper networks and hundreds of rows a client, each method at its best rate;',
    '  at the best rates tried FedAvg is ahead by 8 to 4 and 7 to 5 rounds. At the same small rate for both FedSGD is far behind, as in [heterogeneity](heterogeneity.md).',
    '- **What none of this changes**: the bytes down, as every client that is asked gets the model, and the steps, as an update that stays has been computed. Who pays for both ways asks fewer clients (sampler) or trains longer in fewer rounds.',
    '',
  ],
};
