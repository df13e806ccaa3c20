// Measures what the drawing "Vibration or pump anomalies without labels" reaches, federated and each plant alone, over several seeds:
//   node scripts/measure-anomalies.mjs [--seeds 1,2,3,4,5]
// All settings are those of the drawing. Alone: the same options, its own normalisation, and the same quantile of its own errors.
import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { federate } from './lib/federate.mjs';
import { ensureReady, root } from './lib/ready.mjs';

ensureReady();
const load = createRequire(join(root, 'dist/lib/'));
const nodes = createRequire(join(root, 'dist/nodes/'));
const { readBatches, readCsv, requiredColumns, sampleBank } = load('./data/index.js');
const { errorSketch, federatedModel } = load('./federation/index.js');
const { decodeSketch, evaluateReconstruction, mergeSketches, sketchQuantile } = load('./metrics/index.js');
const { createCoreEngine } = load('./training/core/engine.js');
const { datasetOptions } = nodes('./dataset/options.js');
const { aggregatorOptions } = nodes('./aggregator/options.js');
const { specOf } = nodes('./model/spec-of.js');

const folder = join(root, 'examples/flows');
const file = readdirSync(folder).find((name) => name.startsWith('08 '));
const drawing = JSON.parse(readFileSync(join(folder, file), 'utf8'));
const theNode = (type, name) => drawing.find((node) => node.type === type && (!name || node.name === name));
const engine = createCoreEngine();
const predict = (job) => engine.predict(job);

/** Client (or "test") -> its bank; a test sample has its label as target. */
async function banksOf(settings, width, targetWidth) {
  const { spec } = datasetOptions(settings);
  const banks = new Map();
  const rows = readCsv(createReadStream(join(root, 'datasets', settings.shipped)), { required: requiredColumns(spec) });
  for await (const { client, split, block } of readBatches(rows, spec)) {
    const name = client ?? split;
    if (!banks.has(name)) banks.set(name, sampleBank({ width, targetWidth, capacity: 1e6, eviction: 'oldest' }));
    banks.get(name).add(block);
  }
  return banks;
}

async function figures({ spec, weights, normalisation, threshold }, test) {
  const { features, targets, count } = test.block();
  const { outputs } = await predict({ spec, weights, features, count, normalisation });
  const { mean, std } = normalisation;
  const inputs = features.map((value, i) => (value - mean[i % mean.length]) / std[i % std.length]);
  const samplesPerDay = Number(theNode('fl-evaluate').samplesPerDay);
  return evaluateReconstruction(inputs, outputs, count, { truth: targets, threshold, samplesPerDay });
}

async function learned(spec, options, banks) {
  const model = federatedModel(spec);
  const clients = banks.size;
  const { weights, normalisation, metrics } = await federate({
    model,
    engine,
    banks,
    options: { ...options, pauseMs: 0, minClients: clients, quorum: clients },
    errorsOf: (bank) => (global, signal) => errorSketch({ spec, bank, predict }, global, signal),
  });
  // The drawing's threshold is of the model before; so is this one.
  return { spec, weights, normalisation, threshold: metrics.at(-1).threshold.value };
}

/** What the threshold would be if it were of the last model itself. */
async function exactThreshold({ spec, weights, normalisation }, banks, quantile) {
  const { signal } = new AbortController();
  const errors = await Promise.all(
    [...banks.values()].map((bank) => errorSketch({ spec, bank, predict }, { weights, normalisation }, signal)),
  );
  return sketchQuantile(mergeSketches(errors.map((one) => decodeSketch(one, 1e9))), quantile);
}

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '1,2,3,4,5' } } });
const mean = (numbers) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
const spread = (numbers) =>
  `${mean(numbers).toFixed(3)} (${Math.min(...numbers).toFixed(3)} to ${Math.max(...numbers).toFixed(3)})`;
const keys = ['averagePrecision', 'rocAuc', 'detection', 'precision', 'falseAlarmsPerDay'];

const settings = theNode('fl-model');
const width = specOf(settings).input[0];
const banks = await banksOf(theNode('fl-dataset', 'The first 60 flights'), width, 0);
const test = (await banksOf(theNode('fl-dataset', '100 other engines'), width, 1)).get('test');
console.log(
  `${banks.size} plants, ${mean([...banks.values()].map(({ count }) => count))} rows each, ${test.count} test rows`,
);
const results = { federated: [], alone: [] };
for (const seed of values.seeds.split(',').map(Number)) {
  const spec = specOf({ ...settings, seed: String(seed) });
  const options = aggregatorOptions({ ...theNode('fl-aggregator'), seed: String(seed) }, undefined);
  const shared = await learned(spec, options, banks);
  results.federated.push(await figures(shared, test));
  console.log(
    `seed ${seed}: threshold ${shared.threshold.toFixed(3)}, of the last model itself ${(await exactThreshold(shared, banks, options.threshold.quantile)).toFixed(3)}`,
  );
  const each = [];
  for (const [client, bank] of banks)
    each.push(await figures(await learned(spec, options, new Map([[client, bank]])), test));
  results.alone.push(Object.fromEntries(keys.map((key) => [key, mean(each.map((one) => one[key]))])));
}
for (const [way, list] of Object.entries(results)) {
  console.log(`${way}: ${keys.map((key) => `${key} ${spread(list.map((one) => one[key]))}`).join(', ')}`);
}
