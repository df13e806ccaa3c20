// A cell of clients with unlike networks. settings.distill: { way, networks, student, publicShare, ... }; way is one of
//   alone, pooled: each network on its own client's rows, or on those of all;
//   fedmd: a federation of predictions on public rows (temperature, digestEpochs), each network as it is at its end;
//   feddf: the same, and a student taught by its predictions (studentEpochs);
//   common: the student's network as the one of all (FedAvg).
// networks, student: hidden layers; clients take the networks in turn. publicShare: of each client's rows, without their labels.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { federate } from '../lib/federate.mjs';
import { root } from '../lib/ready.mjs';

const load = createRequire(join(root, 'dist/lib/'));

const networkOf = ({ inputs, labels }, hidden, seed) => {
  const { parseSpec } = load('./model/index.js');
  const { federatedModel } = load('./federation/index.js');
  const layers = hidden.map((units) => ({ type: 'dense', units, activation: 'relu' }));
  const head = { type: 'dense', units: labels.length, activation: 'softmax' };
  return federatedModel(parseSpec({ task: 'classify', input: [inputs], layers: [...layers, head], labels, seed }));
};

function bankOf({ inputs }, blocks) {
  const bank = load('./data/sample-bank.js').sampleBank({
    width: inputs,
    targetWidth: 1,
    capacity: 1e6,
    eviction: 'oldest',
  });
  for (const block of blocks) bank.add(block);
  return bank;
}

/** The public rows, with or without labels, and client -> the rows that stay its own. */
function parted(set, clients, { publicShare: share, pretrainEpochs = 0 }, seed) {
  const { splitHeldOut } = load('./data/hold-out.js');
  const { publicRows } = load('./distillation/index.js');
  const parts = [...clients].map(([client, bank]) => [client, splitHeldOut(bank.block(), share, seed)]);
  const open = bankOf(
    set,
    parts.map(([, { heldOut }]) => heldOut),
  ).block();
  return {
    rows: publicRows(pretrainEpochs > 0 ? open : { ...open, targets: new Float32Array(0) }, set.inputs),
    banks: new Map(parts.map(([client, { train }]) => [client, bankOf(set, [train])])),
  };
}

/** Figures: members (accuracy on all held-out rows, the mean over the clients' networks), worst, bytesUp, bytesDown, steps. */
export async function distilled({ distill, seed }, { set, engine, clients, test }) {
  const { consensusModel, distillLearner, distillOptions, ownNormalisation, studentOf } =
    load('./distillation/index.js');
  const { firstWeights } = load('./federation/federated-model.js');
  const { argmaxRows } = load('./metrics/classification.js');
  const { rows, banks } = parted(set, clients, distill, seed);
  const training = { ...set.training, seed };
  const { temperature, digestEpochs, pretrainEpochs = 0 } = distill;
  const names = [...banks.keys()];
  const networks = new Map(
    names.map((client, i) => [client, networkOf(set, distill.networks[i % distill.networks.length], 1000 * seed + i)]),
  );
  const common = networkOf(set, distill.student, seed);
  const consensus = consensusModel({ digest: rows.digest, rows: rows.count, labels: set.labels });
  let steps = 0;
  const train = async (job) => {
    const result = await engine.train(job);
    steps += result.steps;
    return result;
  };
  const accuracy = async ({ spec }, { weights, normalisation }) => {
    const { features, targets, count } = test.block();
    const { outputs } = await engine.predict({ spec, weights, features, count, normalisation });
    return (
      argmaxRows(outputs, outputs.length / count).reduce((hits, label, i) => hits + (label === targets[i]), 0) / count
    );
  };
  const apart = async (network, samples) => {
    const normalisation = ownNormalisation(network, rows);
    const learn = async (weights, samples, epochs) =>
      (await train({ spec: network.spec, weights, samples, normalisation, options: { ...training, epochs } })).weights;
    const { features, targets, count } = rows;
    const first = firstWeights(network);
    const start = pretrainEpochs > 0 ? await learn(first, { features, targets, count }, pretrainEpochs) : first;
    const weights = await learn(start, samples, training.epochs * set.rounds);
    return accuracy(network, { weights, normalisation });
  };
  const together = (model, learnerOf) =>
    federate({
      model,
      engine,
      banks,
      options: { rounds: set.rounds, minClients: banks.size, quorum: banks.size, deadlineMs: 600_000, training },
      learnerOf,
    });
  const made = new Map();
  const memberOf = ({ client, bank }) =>
    distillLearner({
      consensus,
      network: networks.get(client),
      rows: () => rows,
      bank,
      train,
      predict: (job) => engine.predict(job),
      options: distillOptions({ temperature, digestEpochs, pretrainEpochs }),
      onNetwork: (network) => made.set(client, network),
    });
  const told = (values, { bytesUp = 0, bytesDown = 0 } = {}) => ({
    members: values.reduce((sum, value) => sum + value, 0) / values.length,
    worst: Math.min(...values),
    bytesUp,
    bytesDown,
    steps,
  });
  const all = async (of) => {
    const values = [];
    for (const client of names) values.push(await of(client, networks.get(client)));
    return values;
  };

  switch (distill.way) {
    case 'alone':
      return told(await all((client, network) => apart(network, banks.get(client).block())));
    case 'pooled': {
      const pooled = bankOf(
        set,
        [...banks.values()].map((bank) => bank.block()),
      ).block();
      return told(await all((_, network) => apart(network, pooled)));
    }
    case 'common': {
      const result = await together(common);
      steps = result.steps;
      return told([await accuracy(common, result)], result);
    }
    case 'fedmd': {
      const result = await together(consensus, memberOf);
      return told(await all((client, network) => accuracy(network, made.get(client))), result);
    }
    case 'feddf': {
      const result = await together(consensus, memberOf);
      const job = { consensus, logits: result.weights, rows, student: common, temperature };
      const watch = { signal: new AbortController().signal, onProgress() {} };
      const taught = await studentOf({ ...job, options: { ...training, epochs: distill.studentEpochs } }, train, watch);
      return told([await accuracy(common, taught)], result);
    }
    default:
      throw new Error(`There is no way "${distill.way}" to learn from predictions.`);
  }
}
