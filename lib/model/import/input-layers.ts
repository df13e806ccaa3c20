/** Layers that only shift and scale the input, which becomes the normalisation, and those that do nothing in use. */
import { inputSize } from '../shapes';
import { type Building, called, type Translator } from './building';
import { refuseFile } from './refuse-file';
import type { FileLayer } from './tensor';

const nothing: readonly string[] = [];

/** One number for each channel, spread over all inputs. */
function spread(value: unknown, into: Building, layer: FileLayer): number[] {
  const flat: unknown[] = (Array.isArray(value) ? value : [value]).flat(4);
  const channels = into.input[into.input.length - 1];
  if (flat.some((one) => typeof one !== 'number' || !Number.isFinite(one)) || ![1, channels].includes(flat.length)) {
    return refuseFile(`${called(layer)}: there must be one number, or one for each of ${channels} channels.`);
  }
  const numbers = flat.map(Number);
  return Array.from({ length: inputSize(into) }, (_, i) => numbers[numbers.length === 1 ? 0 : i % channels]);
}

function first(layer: FileLayer, into: Building): void {
  if (into.layers.length === 0 && !into.normalisation) return;
  refuseFile(`${called(layer)} must be the first layer; move it to the front, or use a BatchNormalization there.`);
}

/** Sets the normalisation from mean and variance, which stand in the configuration or in the file's tensors. */
export function setNormalisation(layer: FileLayer, into: Building, mean: unknown, variance: unknown): void {
  const deviations = spread(variance, into, layer).map((one) => Math.max(Math.sqrt(Math.max(one, 0)), 1e-7));
  into.normalisation = { mean: spread(mean, into, layer), std: deviations };
}

export const inputTranslators: Readonly<Record<string, Translator>> = {
  InputLayer: () => nothing,
  Normalization: (layer, into) => {
    first(layer, into);
    if (layer.config.get('invert') === true) refuseFile(`${called(layer)}: invert is not supported.`);
    into.notes.add(`${called(layer)} became the normalisation of the features; it is not trained.`);
    const mean = layer.config.get('mean') ?? null;
    const variance = layer.config.get('variance') ?? null;
    if (mean === null || variance === null) return ['mean', 'variance'];
    setNormalisation(layer, into, mean, variance);
    return nothing;
  },
  Rescaling: (layer, into) => {
    first(layer, into);
    const scale = spread(layer.config.get('scale') ?? 1, into, layer);
    const offset = spread(layer.config.get('offset') ?? 0, into, layer);
    if (scale.some((one) => one <= 0)) refuseFile(`${called(layer)}: its scale must be above zero.`);
    into.notes.add(`${called(layer)} became the normalisation of the features.`);
    into.normalisation = { mean: offset.map((one, i) => -one / scale[i]), std: scale.map((one) => 1 / one) };
    return nothing;
  },
};

/** These work while training only. */
const trainingOnly = [
  'Dropout',
  'SpatialDropout1D',
  'SpatialDropout2D',
  'AlphaDropout',
  'GaussianDropout',
  'GaussianNoise',
  'ActivityRegularization',
];

export const idleTranslators: Readonly<Record<string, Translator>> = Object.fromEntries(
  trainingOnly.map((name): [string, Translator] => [
    name,
    (layer, into) => {
      into.notes.add(`${called(layer)} is left out: it changes nothing in use, and is not applied in training here.`);
      return nothing;
    },
  ]),
);
