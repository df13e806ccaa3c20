// How the clients of a cell learn: the gateway's own way, or by settings.personal: { method, ... } as personalOptions takes it,
// { method: 'none' } (only measured on each client's own samples) or { method: 'alone' } (no federation at all).
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../lib/ready.mjs';

const load = createRequire(join(root, 'dist/lib/'));

/** Of each client's samples, where the data set names none that are of its kind and held out. */
const HELD_OUT = 0.25;

function bankOf({ width, targetWidth }, block) {
  const bank = load('./data/sample-bank.js').sampleBank({ width, targetWidth, capacity: 1e6, eviction: 'oldest' });
  bank.add(block);
  return bank;
}

/**
 * { learnerOf?, figures? }: see federate.mjs. Figures over the clients' own held-out samples, the mean of the clients: `own` (of
 * the federation's model), `personal` (of each one's personal model; alone: of its own), `worst` (the least of
 * those), and `steps` with those of the trainings at home.
 */
export function learnersOf({ personal, seed }, { spec, model, engine, own }, { rounds, training }) {
  if (!personal) return {};
  const { method, ...wish } = personal;
  const { gatewayLearner } = load('./federation/index.js');
  const { personalLearner } = load('./federation/personal/personal-learner.js');
  const { personalOptions } = load('./federation/personal/options.js');
  const { splitHeldOut } = load('./data/hold-out.js');
  const { argmaxRows } = load('./metrics/classification.js');
  const { initialWeights } = load('./model/index.js');
  const { poolStatistics, statisticsOf } = load('./data/normalisation.js');
  /** client -> { test, train: banks, made: resolves with the last personal model }. */
  const clients = new Map();
  let steps = 0;

  const learnerOf = ({ client, bank, train: plainly }) => {
    const train = async (job) => {
      const result = await plainly(job);
      steps += result.steps;
      return result;
    };
    const held = own.get(client)?.block();
    const split = held ? { train: bank.block(), heldOut: held } : splitHeldOut(bank.block(), HELD_OUT, seed);
    const kept = bankOf(bank, split.train);
    const learner = gatewayLearner({ model, bank: kept, train });
    if (method === 'none' || method === 'alone') {
      clients.set(client, { test: split.heldOut, train: split.train });
      return learner;
    }
    let finish;
    const made = new Promise((resolve) => {
      finish = resolve;
    });
    clients.set(client, { test: split.heldOut, train: split.train, made });
    return personalLearner({
      model,
      options: personalOptions({ method, ...wish }),
      learner,
      onPersonal: (own, { round }) => round === rounds && finish(own),
      onTrouble: (trouble) => finish(Promise.reject(trouble)),
    });
  };

  const accuracy = async ({ weights, normalisation }, { features, targets, count }) => {
    const { outputs } = await engine.predict({ spec, weights, features, count, normalisation });
    return (
      argmaxRows(outputs, outputs.length / count).reduce((hits, label, i) => hits + (label === targets[i]), 0) / count
    );
  };
  const aloneOf = async (samples) => {
    const width = samples.features.length / samples.count;
    const normalisation = poolStatistics([statisticsOf(samples, width)], width);
    const { epochs } = training;
    const job = { spec, weights: initialWeights(spec), samples, normalisation };
    const trained = await engine.train({ ...job, options: { ...training, epochs: epochs * rounds, seed } });
    const { weights } = trained;
    steps += trained.steps;
    return { weights, normalisation };
  };
  const figures = async (shared) => {
    if (method === 'alone') steps = 0;
    const ofGlobal = [];
    const ofPersonal = [];
    for (const { test, train, made } of clients.values()) {
      // One with few samples may have none held out.
      if (test.count === 0) continue;
      ofGlobal.push(await accuracy(shared, test));
      const mine = made ? await made : method === 'alone' ? await aloneOf(train) : shared;
      ofPersonal.push(await accuracy(mine, test));
    }
    const silent = method === 'alone' ? { bytesUp: 0, bytesDown: 0 } : {};
    const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
    return { own: mean(ofGlobal), personal: mean(ofPersonal), worst: Math.min(...ofPersonal), steps, ...silent };
  };
  return { learnerOf, figures };
}
