/** Small training jobs that together walk through every layer, activation, loss, optimiser and option of the core. */
import { layoutOf } from '../../lib/model/layout';
import { inputSize, targetWidth } from '../../lib/model/shapes';
import type { Activation, LayerSpec, Loss, ModelSpec, Task } from '../../lib/model/spec';
import { generator } from '../../lib/random/generator';
import type { TrainingOptions, TrainJob } from '../../lib/training/engine';

export interface Case {
  name: string;
  job: TrainJob;
}

type Wish = Partial<TrainingOptions>;

/** Random weights, rows and targets for a model; the same ones every time. */
export function jobOf(spec: ModelSpec, count: number, options: Wish = {}, normalised = false): TrainJob {
  const random = generator(5, 'case', spec.layers.length, spec.loss);
  const width = inputSize(spec);
  const targets = targetWidth(spec);
  const most = spec.task === 'classify' ? (spec.labels?.length ?? 0) : 2;
  const job: TrainJob = {
    spec,
    weights: Float32Array.from({ length: layoutOf(spec).size }, () => random.normal() * 0.4),
    samples: {
      features: Float32Array.from({ length: count * width }, () => random.normal()),
      targets: Float32Array.from({ length: count * targets }, () =>
        spec.task === 'regress' || spec.task === 'anomaly' ? random.normal() * 1.5 : random.below(most),
      ),
      count,
    },
    options: { epochs: 3, batchSize: 4, optimizer: 'sgd', learningRate: 0.02, seed: 9, ...options },
  };
  if (normalised) {
    job.normalisation = {
      mean: Array.from({ length: width }, () => random.normal()),
      std: Array.from({ length: width }, () => 0.5 + random.uniform()),
    };
  }
  return job;
}

export function specOf(task: Task, input: number[], layers: LayerSpec[], loss: Loss, classes = 0): ModelSpec {
  const spec: ModelSpec = { version: 1, task, input, layers, loss, seed: 1 };
  if (task === 'classify' || task === 'multi-label')
    spec.labels = Array.from({ length: classes }, (_, i) => `class ${i}`);
  return spec;
}

const hidden: Activation[] = ['linear', 'relu', 'leaky_relu', 'tanh', 'sigmoid'];
const dense = (units: number, activation: Activation): LayerSpec => ({ type: 'dense', units, activation });
const softmax = (units: number): LayerSpec => dense(units, 'softmax');

export const losses: [string, Task, number, Activation, Loss][] = [
  ['softmax cross-entropy', 'classify', 3, 'softmax', 'softmax_cross_entropy'],
  ['sigmoid cross-entropy', 'classify', 1, 'sigmoid', 'sigmoid_cross_entropy'],
  ['squared error', 'regress', 3, 'linear', 'mean_squared_error'],
  ['Huber', 'regress', 2, 'linear', 'huber'],
  ['squared error of an autoencoder', 'anomaly', 5, 'tanh', 'mean_squared_error'],
];

function denseCases(): Case[] {
  const found: Case[] = [];
  for (const activation of hidden) {
    for (const [name, task, outputs, last, loss] of losses) {
      const spec = specOf(task, [5], [dense(7, activation), dense(outputs, last)], loss, Math.max(2, outputs));
      found.push({ name: `dense, ${activation}, ${name}`, job: jobOf(spec, 11) });
    }
  }
  const inner = [dense(6, 'softmax'), dense(9, 'tanh'), dense(2, 'sigmoid')];
  const spec = specOf('regress', [4], inner, 'mean_squared_error');
  found.push({ name: 'softmax within the model', job: jobOf(spec, 6) });
  return found;
}

/** Every kind of spatial layer, with sizes that leave odd ends everywhere. */
export function spatialModels(): [string, number[], LayerSpec[]][] {
  const models: [string, number[], LayerSpec[]][] = [];
  for (const padding of ['valid', 'same'] as const) {
    for (const strides of [1, 2]) {
      const note = `${padding}, stride ${strides}`;
      const pair: [number, number] = [strides, strides];
      models.push(
        [
          `conv1d, ${note}`,
          [13, 3],
          [
            { type: 'conv1d', filters: 6, kernelSize: 3, strides, padding, activation: 'tanh' },
            { type: 'conv1d', filters: 9, kernelSize: 4, padding, activation: 'relu', useBias: false },
          ],
        ],
        [
          `conv2d, ${note}`,
          [9, 8, 2],
          [
            { type: 'conv2d', filters: 5, kernelSize: [3, 2], strides: pair, padding, activation: 'leaky_relu' },
            { type: 'conv2d', filters: 8, kernelSize: [2, 3], strides: [1, 1], padding, activation: 'sigmoid' },
          ],
        ],
        [
          `depthwise, ${note}`,
          [8, 7, 3],
          [
            {
              type: 'depthwise_conv2d',
              kernelSize: [3, 3],
              depthMultiplier: 2,
              strides: pair,
              padding,
              activation: 'tanh',
            },
            { type: 'depthwise_conv2d', kernelSize: [2, 3], padding, activation: 'linear' },
          ],
        ],
        [
          `max pooling, ${note}`,
          [9, 8, 3],
          [
            { type: 'conv2d', filters: 5, kernelSize: [1, 1], activation: 'linear' },
            { type: 'max_pool2d', poolSize: [3, 2], strides: pair, padding },
          ],
        ],
        [
          `average pooling, ${note}`,
          [9, 8, 3],
          [
            { type: 'conv2d', filters: 5, kernelSize: [1, 1], activation: 'tanh' },
            { type: 'average_pool2d', poolSize: [2, 3], strides: pair, padding },
          ],
        ],
        [
          `pooling of sequences, ${note}`,
          [17, 2],
          [
            { type: 'conv1d', filters: 3, kernelSize: 2, activation: 'tanh' },
            { type: 'max_pool1d', poolSize: 3, strides, padding },
            { type: 'average_pool1d', poolSize: 2, strides, padding },
          ],
        ],
      );
    }
  }
  return models;
}

function spatialCases(): Case[] {
  return spatialModels().map(([name, input, layers]) => {
    const whole: LayerSpec[] = [...layers, { type: 'flatten' }, softmax(3)];
    return { name, job: jobOf(specOf('classify', input, whole, 'softmax_cross_entropy', 3), 7) };
  });
}

/** Options whose effect is part of the bits, but not of the gradient of the loss. */
export function optionCases(): Case[] {
  const spec = specOf('classify', [10], [dense(13, 'relu'), softmax(4)], 'softmax_cross_entropy', 4);
  const all: [string, Wish, boolean][] = [
    ['momentum', { optimizer: 'momentum', momentum: 0.8 }, false],
    ['Adam', { optimizer: 'adam', learningRate: 0.01, epochs: 20 }, false],
    ['L2', { l2: 0.1 }, false],
    ['clipping', { clipNorm: 0.05 }, false],
    ['class weights', { classWeights: [1, 2, 0, 0.5] }, false],
    ['normalisation', {}, true],
    ['few steps', { maxSteps: 5, epochs: 9 }, false],
    ['everything', { optimizer: 'adam', l2: 0.01, clipNorm: 0.5, classWeights: [1, 2, 3, 4], epochs: 50 }, true],
  ];
  const plain = all.map(([name, options, normalised]) => ({ name, job: jobOf(spec, 23, options, normalised) }));
  return [...plain, ...termCases(spec), ...robustCases(spec)];
}

/** What makes a model hold against moved samples, and the focal loss. */
function robustCases(spec: ModelSpec): Case[] {
  const fgsm = { method: 'fgsm', epsilon: 0.1 } as const;
  const pgd = { method: 'pgd', epsilon: 0.2 } as const;
  const all: [string, Wish][] = [
    ['focal loss', { focalGamma: 2 }],
    ['focal loss of a small gamma, weighed', { focalGamma: 0.5, classWeights: [1, 2, 0, 0.5], fullBatch: true }],
    ['orthogonal kernels', { lipschitz: 0.05, epochs: 20 }],
    ['FGSM', { adversarial: fgsm }],
    ['FGSM alone', { adversarial: { ...fgsm, share: 1 }, focalGamma: 1, l2: 0.01 }],
    ['PGD', { adversarial: pgd }],
    [
      'PGD alone, weighed',
      { adversarial: { ...pgd, share: 1, steps: 3, stepSize: 0.05 }, classWeights: [1, 2, 0, 0.5] },
    ],
  ];
  return all.map(([name, options]) => ({ name, job: jobOf(spec, 23, options, true) }));
}

/** The focal loss of other outputs than a softmax's, and moved samples through every kind of layer. */
function robustShapes(): Case[] {
  const binary = specOf('classify', [5], [dense(7, 'tanh'), dense(1, 'sigmoid')], 'sigmoid_cross_entropy', 2);
  const many = specOf('multi-label', [5], [dense(7, 'tanh'), dense(3, 'sigmoid')], 'sigmoid_cross_entropy', 3);
  const focal = [binary, many].map((spec) => ({
    name: `focal loss of sigmoids, ${spec.task}`,
    job: jobOf(spec, 11, { focalGamma: 1.5 }),
  }));
  const moved = spatialCases().map(({ name, job }, i): Case => {
    const adversarial = { method: i % 2 === 0 ? ('pgd' as const) : ('fgsm' as const), epsilon: 0.1 };
    return {
      name: `${name}, moved samples`,
      job: { ...job, options: { ...job.options, adversarial, lipschitz: 0.01 } },
    };
  });
  const regress = jobOf(specOf('regress', [5], [dense(7, 'tanh'), dense(2, 'linear')], 'huber'), 11, {
    adversarial: { method: 'pgd', epsilon: 0.3 },
  });
  return [...focal, ...moved, { name: 'Huber, moved samples', job: regress }];
}

/** Terms of a federated client, with an anchor and a control vector of their own. */
function termCases(spec: ModelSpec): Case[] {
  const random = generator(8, 'terms');
  const vector = (scale: number): Float32Array =>
    Float32Array.from({ length: layoutOf(spec).size }, () => random.normal() * scale);
  const anchor = vector(0.4);
  const control = vector(0.02);
  const full: Wish = { fullBatch: true, epochs: 12 };
  const all: [string, Wish, Partial<TrainJob>][] = [
    ['proximal term', { proximal: 0.7 }, { anchor }],
    ['proximal term to the start', { proximal: 0.7, epochs: 9 }, {}],
    ['control vector', {}, { control }],
    ['full batches', full, {}],
    ['full batches, few steps', { ...full, maxSteps: 5, batchSize: 7 }, {}],
    ['a layer frozen', { optimizer: 'adam', l2: 0.1 }, { trainable: [false, false, true, true] }],
    [
      'all terms',
      { ...full, proximal: 0.1, l2: 0.05, clipNorm: 0.3, classWeights: [1, 2, 0, 0.5], optimizer: 'momentum' },
      { anchor, control },
    ],
  ];
  return all.map(([name, options, more]) => ({ name, job: { ...jobOf(spec, 23, options, true), ...more } }));
}

export const cases = (): Case[] => [...denseCases(), ...spatialCases(), ...optionCases(), ...robustShapes()];
