/** Models of every kind that can be exported, with random weights, a normalisation where asked, and random samples. */
import { createKernels } from '../../../lib/core';
import type { ExportJob } from '../../../lib/export';
import { type LayerSpec, layoutOf, type ModelSpec, parseSpec, targetWidth } from '../../../lib/model';
import { emptyMask, masked } from '../../../lib/prune/mask';
import { type Generator, generator } from '../../../lib/random/generator';
import type { Normalisation, SampleBlock } from '../../../lib/training/engine';

type Kind = 'none' | 'features' | 'channels' | 'alike';

interface Entry {
  name: string;
  spec: ModelSpec;
  /**
   * features: each feature has its own mean and deviation; channels: those of a channel are the same at all positions;
   * alike: each its own, but of one magnitude.
   */
  normalise: Kind;
  /** Half of its units and filters are pruned; small: and left out of the files. */
  pruned?: 'whole' | 'small';
}

const classes = (count: number): string[] => Array.from({ length: count }, (_, i) => `class ${i}`);

const classifier = (name: string, input: number[], layers: unknown[], labels: number, normalise: Kind): Entry => ({
  name,
  normalise,
  spec: parseSpec({ version: 1, task: 'classify', input, layers, labels: classes(labels), seed: 7 }),
});

const softmax = (units: number) => ({ type: 'dense', units, activation: 'softmax' });

const steps = (pruned: 'whole' | 'small'): Entry => ({
  ...classifier(
    `half pruned, ${pruned}`,
    [32, 3],
    [
      { type: 'conv1d', filters: 16, kernelSize: 5, activation: 'relu' },
      { type: 'max_pool1d', poolSize: 2 },
      { type: 'conv1d', filters: 24, kernelSize: 3, padding: 'same', activation: 'relu' },
      { type: 'average_pool1d', poolSize: 2 },
      { type: 'flatten' },
      { type: 'dense', units: 20, activation: 'relu' },
      softmax(4),
    ],
    4,
    'channels',
  ),
  pruned,
});

/** One for each operator, padding, activation and task. */
export const entries: readonly Entry[] = [
  classifier('dense', [9], [{ type: 'dense', units: 14, activation: 'relu' }, softmax(4)], 4, 'features'),
  classifier('alike', [8], [{ type: 'dense', units: 9, activation: 'relu' }, softmax(3)], 3, 'alike'),
  classifier(
    'sigmoid',
    [6],
    [
      { type: 'dense', units: 10, activation: 'tanh' },
      { type: 'dense', units: 1, activation: 'sigmoid' },
    ],
    2,
    'features',
  ),
  classifier(
    'leaky',
    [12],
    [
      { type: 'dense', units: 11, activation: 'leaky_relu', useBias: false },
      { type: 'dense', units: 7, activation: 'sigmoid' },
      softmax(3),
    ],
    3,
    'none',
  ),
  classifier(
    'conv1d',
    [24, 3],
    [
      { type: 'conv1d', filters: 6, kernelSize: 5, activation: 'relu' },
      { type: 'max_pool1d', poolSize: 2 },
      { type: 'conv1d', filters: 5, kernelSize: 3, strides: 2, padding: 'same', activation: 'tanh' },
      { type: 'average_pool1d', poolSize: 3, strides: 2, padding: 'same' },
      { type: 'flatten' },
      softmax(3),
    ],
    3,
    'channels',
  ),
  classifier(
    'conv1d, every feature shifted by itself',
    [16, 2],
    [
      { type: 'conv1d', filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' },
      { type: 'flatten' },
      softmax(2),
    ],
    2,
    'features',
  ),
  classifier(
    'conv2d',
    [8, 7, 2],
    [
      { type: 'conv2d', filters: 6, kernelSize: [3, 2], padding: 'same', activation: 'relu' },
      { type: 'max_pool2d', poolSize: [2, 2] },
      { type: 'depthwise_conv2d', kernelSize: [2, 3], depthMultiplier: 2, padding: 'same', activation: 'leaky_relu' },
      { type: 'average_pool2d', poolSize: [2, 2], strides: [1, 1] },
      { type: 'flatten' },
      { type: 'dense', units: 9, activation: 'relu' },
      softmax(5),
    ],
    5,
    'channels',
  ),
  classifier(
    'depthwise first',
    [6, 6, 3],
    [
      { type: 'depthwise_conv2d', kernelSize: [3, 3], strides: [2, 2], activation: 'relu' },
      { type: 'conv2d', filters: 4, kernelSize: [1, 1], activation: 'sigmoid' },
      { type: 'flatten' },
      softmax(2),
    ],
    2,
    'channels',
  ),
  {
    name: 'regress',
    normalise: 'features',
    spec: parseSpec({
      version: 1,
      task: 'regress',
      input: [5],
      layers: [
        { type: 'dense', units: 8, activation: 'relu' },
        { type: 'dense', units: 2, activation: 'linear' },
      ],
      seed: 3,
    }),
  },
  {
    name: 'autoencoder',
    normalise: 'features',
    spec: parseSpec({
      version: 1,
      task: 'anomaly',
      input: [10],
      layers: [
        { type: 'dense', units: 4, activation: 'tanh' },
        { type: 'dense', units: 10, activation: 'linear' },
      ],
      seed: 3,
    }),
  },
  {
    name: 'autoencoder over steps',
    normalise: 'none',
    spec: parseSpec({
      version: 1,
      task: 'anomaly',
      input: [12, 2],
      layers: [
        { type: 'conv1d', filters: 3, kernelSize: 3, padding: 'same', activation: 'relu' },
        { type: 'dense', units: 2, activation: 'linear' },
      ] satisfies LayerSpec[],
      seed: 3,
    }),
  },
  steps('whole'),
  steps('small'),
];

function weightsOf(spec: ModelSpec, random: Generator): Float32Array {
  const { size, tensors } = layoutOf(spec);
  const weights = new Float32Array(size);
  for (const { offset, size: count, shape, channels } of tensors) {
    const inputs = shape.length > 1 ? count / channels : 12;
    for (let i = 0; i < count; i++) weights[offset + i] = random.normal() / Math.sqrt(inputs);
  }
  return weights;
}

/** Whole units and filters of the least norm become zero, as fl-prune does it. */
function halfPruned(spec: ModelSpec, weights: Float32Array): Float32Array {
  const layout = layoutOf(spec);
  const gone = masked(layout, weights, { method: 'structured' }, 0.5, emptyMask(layout), createKernels());
  return weights.map((weight, i) => (gone[i] === 1 ? 0 : weight));
}

function normalisationOf(spec: ModelSpec, kind: Kind, random: Generator): Normalisation | undefined {
  if (kind === 'none') return undefined;
  const width = spec.input.reduce((all, one) => all * one, 1);
  const period = kind === 'channels' ? spec.input[spec.input.length - 1] : width;
  const shifts = Array.from({ length: period }, () =>
    kind === 'alike'
      ? { mean: 1 + 0.3 * random.normal(), std: 1 + 0.3 * random.uniform() }
      : { mean: 3 * random.normal(), std: 0.5 + 3 * random.uniform() },
  );
  const each = Array.from({ length: width }, (_, i) => shifts[i % period]);
  return { mean: each.map(({ mean }) => mean), std: each.map(({ std }) => std) };
}

function samplesOf(
  spec: ModelSpec,
  normalisation: Normalisation | undefined,
  count: number,
  random: Generator,
): SampleBlock {
  const width = spec.input.reduce((all, one) => all * one, 1);
  const features = Float32Array.from({ length: count * width }, (_, i) => {
    const value = random.normal();
    return normalisation ? normalisation.mean[i % width] + normalisation.std[i % width] * value : value;
  });
  const classesOf = spec.labels?.length;
  const targets = Float32Array.from({ length: count * targetWidth(spec) }, () =>
    classesOf ? random.below(classesOf) : random.normal(),
  );
  return { features, targets, count };
}

/** The job of an entry, with all formats. */
export function jobOf({ name, spec, normalise, pruned }: Entry, samples = 200, seed = 1): ExportJob {
  const random = generator(seed, name);
  const normalisation = normalisationOf(spec, normalise, random);
  const weights = weightsOf(spec, random);
  return {
    name,
    spec,
    weights: pruned ? halfPruned(spec, weights) : weights,
    shrink: pruned === 'small',
    normalisation,
    formats: ['tflite-float32', 'tflite-int8', 'c-header', 'tfjs'],
    rangeMethod: 'minmax',
    calibration: samplesOf(spec, normalisation, samples, random),
    check: samplesOf(spec, normalisation, samples, random),
    about: ['Random weights'],
  };
}
