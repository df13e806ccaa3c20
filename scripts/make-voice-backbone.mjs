// Trains the frozen backbone of the example "Voice" on three speakers, and writes it and the rows of the three others:
//   node scripts/make-voice-backbone.mjs [folder with spoken-digits/]
// The same bytes each time: the core trains, lib/export quantises. The sources and the licence stand in datasets/README.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ensureReady, root } from './lib/ready.mjs';
import { voice } from './lib/voice-settings.mjs';

ensureReady();
const load = createRequire(join(root, 'dist/lib/'));
const { initialWeights, layoutOf, parseSpec } = load('./model/index.js');
const { exportModel } = load('./export/index.js');
const { generator } = load('./random/generator.js');
const { backboneOf } = load('./training/backbone.js');
const { createCoreEngine } = load('./training/core/engine.js');

const source = process.argv[2] ?? join(root, '../shared/data');
const { frames, coefficients, backboneSpeakers, headSpeakers, testTakes, learnTakes, backbone } = voice;
const [header, ...lines] = readFileSync(join(source, 'spoken-digits/mfcc_16x10_int8.csv'), 'utf8')
  .trim()
  .split(/\r?\n/);
const rows = lines.map((line) => {
  const [speaker, take, digit, ...cells] = line.split(',');
  return { line, speaker, take: Number(take), digit: Number(digit), features: cells.map(Number) };
});
const isTest = ({ take }) => take < testTakes;
const block = (some) => ({
  features: Float32Array.from(some.flatMap(({ features }) => features)),
  targets: Float32Array.from(some, ({ digit }) => digit),
  count: some.length,
});

/** Another voice says it: a little earlier or later, with other loudness and timbre, and some noise. */
function altered(row, random) {
  const shift = random.below(5) - 2;
  const gain = Array.from({ length: coefficients }, () => 1 + 0.15 * random.normal());
  const offset = Array.from({ length: coefficients }, () => 6 * random.normal());
  const features = row.features.map((_, i) => {
    const frame = Math.min(frames - 1, Math.max(0, Math.floor(i / coefficients) + shift));
    const c = i % coefficients;
    const heard = row.features[frame * coefficients + c] * gain[c] + offset[c] + 2 * random.normal();
    return Math.max(-128, Math.min(127, Math.round(heard)));
  });
  return { ...row, features };
}

const engine = createCoreEngine();
const { layers, training, copies, scale, seed } = backbone;
const labels = Array.from({ length: 10 }, (_, digit) => String(digit));
const spec = parseSpec({
  version: 1,
  task: 'classify',
  input: [frames, coefficients],
  layers: [...layers, { type: 'dense', units: labels.length, activation: 'softmax' }],
  labels,
  seed,
});
const known = rows.filter((row) => backboneSpeakers.includes(row.speaker));
const heard = known.filter((row) => !isTest(row));
const random = generator(seed, 'altered voices');
const all = [...heard, ...Array.from({ length: copies }, () => heard.map((row) => altered(row, random))).flat()];
// Only a scale, no shift: it goes into the first kernel below, and zeros of the padding stay what they are.
const width = frames * coefficients;
const normalisation = { mean: new Array(width).fill(0), std: new Array(width).fill(scale) };
const { weights } = await engine.train({
  spec,
  weights: initialWeights(spec),
  samples: block(all),
  normalisation,
  options: training,
});

async function accuracy(some) {
  const { features, targets, count } = block(some);
  const { outputs } = await engine.predict({ spec, weights, features, count, normalisation });
  const hits = Array.from({ length: count }, (_, i) => {
    const scores = [...outputs.subarray(i * labels.length, (i + 1) * labels.length)];
    return scores.indexOf(Math.max(...scores)) === targets[i];
  });
  return `${((100 * hits.filter(Boolean).length) / count).toFixed(1)} %`;
}
const strangers = rows.filter((row) => headSpeakers.includes(row.speaker) && isTest(row));
console.log(`with its own last layer: ${await accuracy(known.filter(isTest))} of the held-out takes of its speakers`);
console.log(`  ${await accuracy(strangers)} of those of the three speakers it has never heard`);

// What learns no more: everything but the last layer, taking the numbers as they are.
const frozen = parseSpec({ version: 1, task: 'regress', input: [frames, coefficients], layers, seed });
const kept = weights.slice(0, layoutOf(frozen).size);
const [kernel] = layoutOf(frozen).tensors;
for (let i = 0; i < kernel.size; i++) kept[i] /= scale;
const { files, report } = await exportModel(
  {
    name: 'voice backbone',
    spec: frozen,
    weights: kept,
    formats: ['tflite-int8'],
    rangeMethod: 'minmax',
    calibration: block(heard),
    about: [
      'Frozen backbone for spoken digits',
      'CC BY-SA 4.0, made from the Free Spoken Digit Dataset (Z. Jackson et al.)',
    ],
  },
  engine,
);
const [{ bytes }] = files;
writeFileSync(join(root, 'datasets', voice.backboneFile), bytes);
const [{ operators, input, arenaBytes }] = report.files;
console.log(
  `${voice.backboneFile}: ${bytes.length} bytes, ${report.parameters} parameters, arena about ${arenaBytes} bytes`,
);
console.log(JSON.stringify({ operators, input, ...backboneOf(bytes) }));

const shipped = rows.filter(({ speaker, take }) => headSpeakers.includes(speaker) && take < testTakes + learnTakes);
writeFileSync(join(root, 'datasets', voice.rowsFile), `${[header, ...shipped.map(({ line }) => line)].join('\n')}\n`);
console.log(`${voice.rowsFile}: ${shipped.length} rows`);
