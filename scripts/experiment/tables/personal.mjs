// One model for all, one for each, and what is between them.

import { remarks } from '../remarks/personal.mjs';
import { percent } from '../table.mjs';

const way = (name, method, options) => ({ name, settings: { personal: { method, ...options } } });
/** A data set under a name of its own, as it stands in the table. */
const digits = (key, title, clients) => ({
  name: 'digits',
  key,
  title,
  settings: { clients: { clients: 15, seed: 1, ...clients }, training: { learningRate: 0.1 } },
});

export const rows = [
  way('one model for all (FedAvg)', 'none'),
  way('each alone', 'alone'),
  way('fine-tuning, 5 passes', 'fine-tuning', { personalEpochs: 5 }),
  way('FedPer, last layer at home', 'fedper'),
  way('FedRep, last layer at home', 'fedrep', { personalEpochs: 2 }),
  way('Ditto, λ = 0.1', 'ditto', { lambda: 0.1, personalEpochs: 2 }),
  way('Ditto, λ = 1', 'ditto', { lambda: 1, personalEpochs: 2 }),
  way('Per-FedAvg, first-order', 'per-fedavg', { alpha: 0.1, adaptationSteps: 10 }),
  way('Per-FedAvg, Hessian-free', 'per-fedavg', { variant: 'hessian-free', alpha: 0.1, adaptationSteps: 10 }),
];

export const table = {
  title: 'Personal models',
  about: `
Each figure is the mean over the clients of what each one's own model does on held-out samples **of that client**: its personal model, or the model of all where there is no other. *Each
alone*: the same network and as many steps on the own samples, normalised by their own statistics, nothing shared. Hidden layer of 32, 2 passes a round, SGD.
Spoken digits: six speakers, one a client; five takes of each digit held out, and fifteen, or five, learned from. Written digits: 15 clients by
Dirichlet(0.1), one to three digits each, or Dirichlet(1); a quarter of each client's samples held out.`,
  data: [
    { name: 'spoken', key: 'spoken', title: 'Spoken digits, 15 takes of each' },
    {
      name: 'spoken',
      key: 'spoken-few',
      title: 'Spoken digits, 5 takes of each',
      settings: { where: [{ column: 'take', operator: '<', value: 10 }] },
    },
    digits('digits-unlike', 'Written digits, Dirichlet 0.1', { kind: 'dirichlet', alpha: 0.1, least: 20 }),
    digits('digits-alike', 'Written digits, Dirichlet 1', { kind: 'dirichlet', alpha: 1, least: 20 }),
  ],
  settings: {},
  rows,
  columns: [
    { name: '5 rounds', settings: { rounds: 5 } },
    { name: '20 rounds', settings: { rounds: 20 } },
  ],
  figures: [percent('personal', 'accuracy on own samples'), percent('worst', 'of the client that has it worst')],
  plot: { kind: 'bars', figure: 'personal' },
  remarks,
};
