// Measures what the main examples reach, federated, alone and pooled, over several seeds:
//   node scripts/measure-examples.mjs [factory|frost|boards|voice|machines] [--seeds 1,2,3,4,5] [--set '{"training":{"epochs":3}}']
// Everything runs through the library as the nodes use it: statistics, training in the core, quantised updates, the round.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compressed } from './lib/compressed.mjs';
import { samplesOf } from './lib/example-samples.mjs';
import { examples } from './lib/example-settings.mjs';
import { federate } from './lib/federate.mjs';
import { ensureReady, root } from './lib/ready.mjs';

ensureReady();
const load = createRequire(join(root, 'dist/lib/'));
const { federatedModel, personalLearner, personalOptions } = load('./federation/index.js');
const { initialWeights, parseSpec } = load('./model/index.js');
const { poolStatistics } = load('./data/normalisation.js');
const { sampleBank } = load('./data/sample-bank.js');
const { evaluateClasses } = load('./metrics/evaluation.js');
const { streamSeed } = load('./random/generator.js');
const { createCoreEngine } = load('./training/core/engine.js');

const engine = createCoreEngine();
/** Epochs of a client that goes on learning by itself from the shared model. */
const HOME_EPOCHS = 10;

const specOf = (example, seed) =>
  parseSpec({
    version: 1,
    task: 'classify',
    input: [example.inputs],
    layers: [
      ...example.hidden.map((units) => ({ type: 'dense', units, activation: 'relu' })),
      { type: 'dense', units: example.labels.length, activation: 'softmax' },
    ],
    labels: example.labels,
    seed,
  });

async function measure(example, spec, weights, normalisation, test) {
  const { features, targets, count } = test.block();
  const { outputs } = await engine.predict({ spec, weights, features, count, normalisation });
  return evaluateClasses(targets, outputs, example.labels);
}

/** The federation of an example; gives the evaluation after each round. */
async function federated(example, seed, banks, test) {
  const spec = specOf(example, seed);
  const model = federatedModel(spec);
  const figures = [];
  /** client -> its personal model of the last round. */
  const owned = new Map();
  const { weights, normalisation, bytesUp } = await federate({
    model,
    engine,
    banks,
    options: {
      rounds: example.rounds,
      minClients: banks.size,
      quorum: banks.size,
      training: { ...example.training, seed },
    },
    learnerOf: ({ client, plain }) => {
      if (!example.personal) return undefined;
      let finish;
      owned.set(client, new Promise((resolve) => (finish = resolve)));
      return personalLearner({
        model,
        options: personalOptions(example.personal),
        learner: plain(),
        onPersonal: (own, { round }) => round === example.rounds && finish(own),
        onTrouble: (trouble) => finish(Promise.reject(trouble)),
      });
    },
    pass: example.quantize && compressed([{ codec: 'quantize', ...example.quantize }]),
    onModel: async (shared) => {
      figures[shared.round - 1] ??= await measure(example, spec, shared.weights, shared.normalisation, test);
    },
  });
  const own = new Map();
  for (const [client, made] of owned) own.set(client, await made);
  return { figures, bytesUp, shared: { weights, normalisation }, own };
}

/** The same options and as many steps on one client's rows alone, with its own statistics; measured on each of `tests`. */
async function alone(example, seed, bank, tests, name) {
  const spec = specOf(example, seed);
  const normalisation = poolStatistics([bank.statistics()], example.inputs);
  const options = {
    ...example.training,
    epochs: example.training.epochs * example.rounds,
    seed: streamSeed(seed, 'alone', name),
  };
  const job = { spec, weights: initialWeights(spec), samples: bank.block(), normalisation, options };
  const { weights } = await engine.train(job);
  return Promise.all(tests.map((test) => measure(example, spec, weights, normalisation, test)));
}

/** What a client reaches on samples of its own kind: with the shared model, and when it goes on learning at home (a personal head). */
async function personal(example, seed, { weights, normalisation }, bank, test, name, own) {
  const spec = specOf(example, seed);
  const shared = await measure(example, spec, weights, normalisation, test);
  if (own) return { shared, personal: await measure(example, spec, own.weights, own.normalisation, test) };
  const options = { ...example.training, epochs: HOME_EPOCHS, seed: streamSeed(seed, 'home', name) };
  const home = await engine.train({ spec, weights, samples: bank.block(), normalisation, options });
  return { shared, personal: await measure(example, spec, home.weights, normalisation, test) };
}

/** All rows in one place, as many passes over them. */
async function pooled(example, seed, banks, test) {
  const whole = sampleBank({ width: example.inputs, targetWidth: 1, capacity: 1e6, eviction: 'oldest' });
  for (const bank of banks.values()) whole.add(bank.block());
  const [figure] = await alone(example, seed, whole, [test], 'pooled');
  return figure;
}

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
const spread = (values) =>
  `${mean(values).toFixed(3)} (${Math.min(...values).toFixed(3)} to ${Math.max(...values).toFixed(3)})`;
/** Average precision is of two classes only. */
const shown = ({ averagePrecision, f1, accuracy }) =>
  `${averagePrecision === undefined ? '' : `AP ${averagePrecision.toFixed(3)}  `}F1 ${f1.toFixed(3)}  accuracy ${accuracy.toFixed(4)}`;
const keysOf = ({ labels }) => [
  ...(labels.length === 2 ? ['averagePrecision'] : []),
  'f1',
  'accuracy',
  'precision',
  'recall',
];

async function report(name, change, seeds) {
  const example = { ...examples[name], ...change, training: { ...examples[name].training, ...change.training } };
  const { clients: banks, test, own } = await samplesOf(example);
  const keys = keysOf(example);
  const sizes = [...banks.values()].map(({ count }) => count);
  console.log(`${name}: ${banks.size} clients, ${mean(sizes)} samples each on average, ${test.count} test samples`);
  console.log(JSON.stringify({ hidden: example.hidden, ...example.training, quantize: example.quantize }));
  const results = { federated: [], alone: [], pooled: [] };
  const mine = { shared: [], personal: [], alone: [] };
  for (const seed of seeds) {
    const { figures, bytesUp, shared, own: models } = await federated(example, seed, banks, test);
    const each = [];
    for (const [client, bank] of banks) {
      const [whole, kind] = await alone(
        example,
        seed,
        bank,
        [test, ...(own.has(client) ? [own.get(client)] : [])],
        client,
      );
      each.push(whole);
      if (!kind) continue;
      const found = await personal(example, seed, shared, bank, own.get(client), client, models.get(client));
      for (const [way, { accuracy }] of Object.entries({ ...found, alone: kind })) mine[way].push([client, accuracy]);
    }
    const byThemselves = Object.fromEntries(keys.map((key) => [key, mean(each.map((figure) => figure[key]))]));
    const all = await pooled(example, seed, banks, test);
    results.federated.push(figures.at(-1));
    results.alone.push(byThemselves);
    results.pooled.push(all);
    console.log(`seed ${seed}  ${bytesUp} bytes up`);
    for (const round of [1, 5, 10, 15, 20]) {
      if (figures[round - 1]) console.log(`  round ${String(round).padStart(2)}  ${shown(figures[round - 1])}`);
    }
    console.log(`  alone     ${shown(byThemselves)}\n  pooled    ${shown(all)}`);
  }
  for (const [kind, figures] of Object.entries(results)) {
    console.log(`${kind}: ${keys.map((key) => `${key} ${spread(figures.map((figure) => figure[key]))}`).join(', ')}`);
  }
  const least = (key) => Math.min(...results.federated.map((figure, i) => figure[key] - results.alone[i][key]));
  console.log(
    `least gain over alone: ${keys
      .slice(0, 2)
      .map((key) => `${key} ${least(key).toFixed(3)}`)
      .join(', ')}`,
  );
  const way = example.personal ? example.personal.method : `${HOME_EPOCHS} epochs at home`;
  const tell = (whose, figuresOf) =>
    console.log(
      `on ${whose} own: alone ${spread(figuresOf('alone'))}, shared ${spread(figuresOf('shared'))}, ${way} ${spread(figuresOf('personal'))}`,
    );
  for (const client of own.keys()) {
    tell(`${client}'s`, (name) => mine[name].filter(([of]) => of === client).map(([, accuracy]) => accuracy));
  }
  // Each seed's mean over the clients.
  if (own.size > 0) {
    tell('everybody’s', (name) =>
      seeds.map((_, i) => mean(mine[name].slice(i * own.size, (i + 1) * own.size).map(([, accuracy]) => accuracy))),
    );
  }
  console.log('');
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seeds: { type: 'string', default: '1,2,3,4,5' }, set: { type: 'string', default: '{}' } },
});
for (const name of positionals.length > 0 ? positionals : Object.keys(examples)) {
  await report(name, JSON.parse(values.set), values.seeds.split(',').map(Number));
}
