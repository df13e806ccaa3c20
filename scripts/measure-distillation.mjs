// Measures what the networks of drawing 17 understand of all three voices, each alone and all together, and what the student does:
//   node scripts/measure-distillation.mjs [--seeds 1,2,3,4,5]
// Networks, rows and settings are read from the drawing; each seed makes other first weights and another order of the samples.
import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { federate } from './lib/federate.mjs';
import { ensureReady, root } from './lib/ready.mjs';

ensureReady();
const load = createRequire(join(root, 'dist/'));
const { distillLearner, ownNormalisation, publicRows, studentOf } = load('./lib/distillation/index.js');
const { initialWeights } = load('./lib/model/index.js');
const { evaluateClasses } = load('./lib/metrics/evaluation.js');
const { sampleBank } = load('./lib/data/sample-bank.js');
const { readCsv } = load('./lib/data/csv.js');
const { readBatches, requiredColumns } = load('./lib/data/dataset.js');
const { streamSeed } = load('./lib/random/generator.js');
const { createCoreEngine } = load('./lib/training/core/engine.js');
const { readModel } = load('./nodes/model/read-model.js');
const { datasetOptions } = load('./nodes/dataset/options.js');
const { memberOptions, studentOptions } = load('./nodes/distill/options.js');

const engine = createCoreEngine();
const flows = join(root, 'examples/flows');
const drawing = JSON.parse(
  readFileSync(
    join(
      flows,
      readdirSync(flows).find((name) => name.startsWith('17')),
    ),
  ),
);
const named = (name) => drawing.find((node) => node.name === name);
const modelOf = async (id, seed) => {
  const model = await readModel(drawing.find((node) => node.id === id));
  return model.spec.consensus ? model : { ...model, spec: { ...model.spec, seed } };
};

/** Client, or '' -> the samples of a data set of the drawing. */
async function rowsOf(name) {
  const classes = drawing.find(({ type }) => type === 'fl-model').labels;
  const { file, spec } = datasetOptions({ classes, ...named(name), ...(named(name).classes ? {} : { classes }) });
  const banks = new Map();
  const rows = readCsv(createReadStream(join(root, 'datasets', file)), { required: requiredColumns(spec) });
  for await (const { client = '', block } of readBatches(rows, spec)) {
    const bank =
      banks.get(client) ??
      sampleBank({ width: 160, targetWidth: block.targets.length > 0 ? 1 : 0, capacity: 1e6, eviction: 'oldest' });
    banks.set(client, bank);
    bank.add(block);
  }
  return banks;
}

const banks = await rowsOf('Their voices');
const test = (await rowsOf('Other takes of the three')).get('').block();
const rows = publicRows((await rowsOf('Public rows')).get('').block(), 160);

async function accuracy({ spec }, weights, normalisation) {
  const { features, count, targets } = test;
  const { outputs } = await engine.predict({ spec, weights, features, count, normalisation });
  return evaluateClasses(targets, outputs, spec.labels).accuracy;
}

async function measured(seed) {
  const { rounds, epochs, batchSize, optimizer, learningRate } = drawing.find(({ type }) => type === 'fl-aggregator');
  const training = {
    ...{ optimizer, seed },
    ...{ epochs: Number(epochs), batchSize: Number(batchSize), learningRate: Number(learningRate) },
  };
  const members = drawing.filter(({ role }) => role === 'member');
  const pupil = drawing.find(({ role }) => role === 'student');
  const consensus = await modelOf(pupil.consensus, seed);
  const student = await modelOf(pupil.student, seed);
  const networks = new Map();
  for (const { client, network } of members) networks.set(client, await modelOf(network, seed));

  const found = {};
  for (const [client, network] of networks) {
    const normalisation = ownNormalisation(network, rows);
    const options = { ...training, epochs: training.epochs * Number(rounds), seed: streamSeed(seed, 'alone', client) };
    const { spec } = network;
    const job = { spec, weights: initialWeights(spec), samples: banks.get(client).block(), normalisation, options };
    found[`${client} alone`] = await accuracy(network, (await engine.train(job)).weights, normalisation);
  }
  const own = new Map();
  const { temperature, training: lessons } = studentOptions(pupil);
  let weights;
  let normalisation;
  await federate({
    model: consensus,
    engine,
    banks,
    options: { rounds: Number(rounds), minClients: banks.size, quorum: banks.size, training },
    learnerOf: ({ client, bank, train }) =>
      distillLearner({
        ...{ consensus, network: networks.get(client), rows: () => rows, bank, train },
        predict: (job) => engine.predict(job),
        options: memberOptions(
          members.find((member) => member.client === client),
          { id: client },
        ).distill,
        onNetwork: (network) => own.set(client, network),
      }),
    async onModel({ weights: logits, round }) {
      const options = { ...lessons, seed: streamSeed(seed, 'lesson', round) };
      const job = { consensus, logits, rows, student, start: weights, temperature, options };
      ({ weights, normalisation } = await studentOf(job, (work) => engine.train(work), {}));
    },
  });
  for (const [client, network] of own) {
    found[`${client} together`] = await accuracy(networks.get(client), network.weights, network.normalisation);
  }
  found.student = await accuracy(student, weights, normalisation);
  return found;
}

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '1,2,3,4,5' } } });
const all = [];
for (const seed of values.seeds.split(',').map(Number)) all.push(await measured(seed));
const percent = (value) => (100 * value).toFixed(1);
for (const key of Object.keys(all[0])) {
  const figures = all.map((each) => each[key]);
  const mean = figures.reduce((a, b) => a + b, 0) / figures.length;
  console.log(
    `${key.padEnd(18)} ${percent(mean)} % (${percent(Math.min(...figures))} to ${percent(Math.max(...figures))})`,
  );
}
