// The more unlike the clients, the more the strategy matters: the same rows dealt out by Dirichlet(alpha), one row a strategy.

import { remarks } from '../remarks/heterogeneity.mjs';
import { percent } from '../table.mjs';

const strategy = (name, options, training) => ({ name, settings: { federation: { strategy: options }, training } });
const alpha = (value) => ({
  name: `α = ${value}`,
  x: value,
  settings: { clients: { kind: 'dirichlet', clients: 20, alpha: value, seed: 1 } },
});

export const table = {
  title: 'Strategies for unlike clients',
  about: `Twenty clients hold the rows as Dirichlet(α) deals them out: at α = 0.1 most know two or three of the ten digits, at 100 all know all.
Ten of them, drawn at random, train five epochs in each of 30 rounds. What each strategy does: [algorithms.md](../algorithms.md). The parameters were
chosen on a seed and a split that are not in the table.`,
  data: [{ name: 'digits' }, { name: 'spoken' }],
  settings: {
    rounds: 30,
    training: { epochs: 5 },
    federation: { sampler: { name: 'random', count: 10 }, quorum: 5 },
  },
  rows: [
    strategy('FedAvg', { name: 'fedavg' }),
    strategy('FedSGD', { name: 'fedsgd' }),
    strategy('FedProx, μ = 0.1', { name: 'fedprox', mu: 0.1 }),
    strategy('SCAFFOLD', { name: 'scaffold' }),
    strategy('FedNova', { name: 'fednova' }),
    strategy('FedDyn, α = 0.1', { name: 'feddyn', alpha: 0.1 }),
    strategy('FedAvgM, β = 0.7', { name: 'fedavgm', beta: 0.7 }),
    strategy('FedAdagrad, η = 0.03', { name: 'fedadagrad', serverLearningRate: 0.03 }),
    strategy('FedAdam, η = 0.03', { name: 'fedadam', serverLearningRate: 0.03 }),
    strategy('FedYogi, η = 0.03', { name: 'fedyogi', serverLearningRate: 0.03 }),
    strategy('FedYogi and FedProx, μ = 0.1', { name: 'fedyogi', serverLearningRate: 0.03 }, { proximal: 0.1 }),
    strategy('q-FedAvg, q = 0.1', { name: 'qfedavg', q: 0.1 }),
  ],
  columns: [alpha(0.1), alpha(0.5), alpha(100)],
  figures: [percent('accuracy', 'accuracy')],
  plot: {
    kind: 'heat',
    figure: 'accuracy',
    worse: (value, values, _, column) => (Math.max(...values.map((row) => row[column])) - value) / 20,
  },
  remarks,
  findings: [],
};
