/** Steps a second of the core engine: a dense network against plain JavaScript and tfjs, a convolution against tfjs. */
import { initialWeights, inputSize, type ModelSpec } from '../lib/model';
import { generator, shuffle } from '../lib/random/generator';
import { createCoreEngine } from '../lib/training/core/engine';
import type { Engine, TrainJob } from '../lib/training/engine';
import { createTfjsEngine } from '../lib/training/tfjs/engine';
import { compare, type Row } from './measure';
import { plainNetwork } from './plain-network';

const BATCH = 16;
const SAMPLES = 1600;
const labels = ['a', 'b', 'c', 'd'];

const dense: ModelSpec = {
  version: 1,
  task: 'classify',
  input: [33],
  layers: [
    { type: 'dense', units: 20, activation: 'relu' },
    { type: 'dense', units: 4, activation: 'softmax' },
  ],
  loss: 'softmax_cross_entropy',
  labels,
  seed: 1,
};

const convolution: ModelSpec = {
  ...dense,
  input: [64, 3],
  layers: [
    { type: 'conv1d', filters: 8, kernelSize: 5, activation: 'relu' },
    { type: 'max_pool1d', poolSize: 2 },
    { type: 'conv1d', filters: 16, kernelSize: 3, activation: 'relu' },
    { type: 'flatten' },
    { type: 'dense', units: 4, activation: 'softmax' },
  ],
};

function jobOf(spec: ModelSpec, count: number, epochs: number): TrainJob {
  const random = generator(1, 'bench');
  return {
    spec,
    weights: initialWeights(spec),
    samples: {
      features: Float32Array.from({ length: count * inputSize(spec) }, () => random.normal()),
      targets: Float32Array.from({ length: count }, () => random.below(labels.length)),
      count,
    },
    options: { epochs, batchSize: BATCH, optimizer: 'sgd', learningRate: 0.05, seed: 1 },
  };
}

/** Rows and options for the dense network. */
export const denseJob = (count: number, epochs: number): TrainJob => jobOf(dense, count, epochs);

/** The whole job, in plain JavaScript: shuffling is part of it. */
function plainTraining({ weights, samples, options }: TrainJob): void {
  const step = plainNetwork(33, 20, labels.length, BATCH, weights);
  const random = generator(options.seed, 'shuffle');
  const order = Array.from({ length: samples.count }, (_, i) => i);
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    const rows = Uint32Array.from(shuffle(order, random));
    for (let first = 0; first < samples.count; first += BATCH) {
      step(samples.features, samples.targets, rows, first, options.learningRate);
    }
  }
}

const row = (name: string, against: string, steps: number, seconds: number, ratio: number): Row => ({
  name,
  value: steps / seconds,
  unit: 'steps/s',
  against,
  ratio,
});

async function againstTfjs(name: string, core: Engine, tfjs: Engine, spec: ModelSpec, few: number): Promise<Row> {
  const job = jobOf(spec, SAMPLES, 10);
  const steps = (SAMPLES / BATCH) * 10;
  const short: TrainJob = { ...job, options: { ...job.options, maxSteps: few } };
  const { ours, ratio } = await compare(
    () => core.train(job),
    () => tfjs.train(short),
    { turns: 3, ms: 200 },
  );
  return row(name, 'tfjs', steps, ours, (ratio * steps) / few);
}

/** What the terms of a client, or samples moved against the model, cost beside plain steps of the dense network. */
async function termsRows(core: Engine): Promise<Row[]> {
  const plain = jobOf(dense, SAMPLES, 5);
  const steps = (SAMPLES / BATCH) * 5;
  const control = new Float32Array(plain.weights.length);
  const kinds: [string, Partial<TrainJob>, Partial<TrainJob['options']>][] = [
    ['proximal', {}, { proximal: 0.1 }],
    ['control', { control }, {}],
    ['focal', {}, { focalGamma: 2 }],
    ['orthogonal', {}, { lipschitz: 0.01 }],
    ['fgsm', {}, { adversarial: { method: 'fgsm', epsilon: 0.1 } }],
    ['pgd of 5', {}, { adversarial: { method: 'pgd', epsilon: 0.1, steps: 5 } }],
  ];
  const rows: Row[] = [];
  for (const [name, more, options] of kinds) {
    const job: TrainJob = { ...plain, ...more, options: { ...plain.options, ...options } };
    const found = await compare(
      () => core.train(job),
      () => core.train(plain),
      { turns: 5, ms: 60 },
    );
    rows.push(row(`train/${name}`, 'plain steps', steps, found.ours, found.ratio));
  }
  return rows;
}

export async function training(): Promise<Row[]> {
  const core = createCoreEngine();
  const job = jobOf(dense, SAMPLES, 20);
  const steps = (SAMPLES / BATCH) * 20;
  const plain = await compare(
    () => core.train(job),
    () => plainTraining(job),
    { turns: 7, ms: 200 },
  );
  const rows = [row('train/dense', 'javascript', steps, plain.ours, plain.ratio)];
  rows.push(...(await termsRows(core)));
  const tfjs = createTfjsEngine({ native: false });
  if (typeof tfjs === 'string') throw new Error(tfjs);
  rows.push(await againstTfjs('train/dense', core, tfjs, dense, 50));
  rows.push(await againstTfjs('train/conv1d', core, tfjs, convolution, 2));
  tfjs.dispose();
  return rows;
}
