// Clients whose networks are unlike: what they gain by telling one another what their networks say of public rows.

import { remarks } from '../remarks/distillation.mjs';
import { percent } from '../table.mjs';

const way = (name, way, options) => ({ name, settings: { distill: { way, ...options } } });
const digits = (key, title, alpha) => ({
  name: 'digits',
  key,
  title,
  settings: { clients: { kind: 'dirichlet', clients: 8, alpha, seed: 1, least: 20 } },
});

export const rows = [
  way('each alone', 'alone'),
  way('FedMD, T = 1, 1 digest pass', 'fedmd', { temperature: 1, digestEpochs: 1 }),
  way('FedMD, T = 1, 5 digest passes', 'fedmd', { temperature: 1, digestEpochs: 5 }),
  way('FedMD, T = 5, 5 digest passes', 'fedmd', { temperature: 5, digestEpochs: 5 }),
  way('each alone, after the labels of the public rows', 'alone', { pretrainEpochs: 10 }),
  way('FedMD, T = 1, 5 digest passes, after these labels', 'fedmd', {
    temperature: 1,
    digestEpochs: 5,
    pretrainEpochs: 10,
  }),
  way('FedDF student, T = 1', 'feddf', { temperature: 1, digestEpochs: 5, studentEpochs: 60 }),
  way('FedAvg, the small network for all', 'common'),
  way('each on the rows of all', 'pooled'),
];

export const table = {
  title: 'Unlike networks',
  about: `
Clients whose networks have no, one or two hidden layers (none, 16, 32, 64, and 64 and 32 units), in turn. A fifth of each client's rows are the
public ones, without their labels but in the two rows *after these labels*, where each network begins with 10 passes over them; all learn from the rest. Each figure is of held-out rows **of all clients**, the mean over the clients' own networks. *Each alone*: as many passes over
the own rows, nothing told; *each on the rows of all*: the same with what cannot be had. *FedDF student*: one network of 16 units, taught by the last
predictions of FedMD with T = 1 and 5 digest passes; *FedAvg*: the same network as the one that all have in common. Inputs normalised by the public rows (FedAvg: by federated statistics), 2 passes a round, SGD.
Digits: 8 clients by Dirichlet(0.1), one to three digits each, or Dirichlet(1); spoken digits: six speakers, one a client.`,
  data: [
    digits('digits-unlike', 'Written digits, Dirichlet 0.1', 0.1),
    digits('digits-alike', 'Written digits, Dirichlet 1', 1),
    { name: 'spoken', title: 'Spoken digits, a speaker each' },
  ],
  settings: {
    distill: { networks: [[], [16], [32], [64], [64, 32]], student: [16], publicShare: 0.2 },
  },
  rows,
  columns: [
    { name: '5 rounds', settings: { rounds: 5 } },
    { name: '20 rounds', settings: { rounds: 20 } },
  ],
  figures: [percent('members', 'accuracy on the rows of all'), percent('worst', 'of the network that does worst')],
  plot: { kind: 'bars', figure: 'members' },
  remarks,
};
