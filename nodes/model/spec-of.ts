/** The settings of an fl-model as the editor stores them, made into a checked specification. */
import { parseLayer } from '../../lib/model/parse-layer';
import { parseSpec } from '../../lib/model/parse-spec';
import { inputSize, product, shapesOf } from '../../lib/model/shapes';
import type { BackboneSpec, LayerSpec, ModelSpec } from '../../lib/model/spec';
import { givesProbabilities } from '../../lib/model/tasks';
import type { Normalisation } from '../../lib/training/engine';
import { RefusedError } from '../../lib/update/message';
import type { Settings } from '../shared/red';
import { choice, flag, list, number, plain, text } from '../shared/settings';

const SEED_LIMIT = 0xffffffff;
export const tasks = ['classify', 'multi-label', 'regress', 'anomaly'] as const;
export const losses = [
  'auto',
  'softmax_cross_entropy',
  'sigmoid_cross_entropy',
  'mean_squared_error',
  'huber',
] as const;

export const seedOf = (settings: Settings): number =>
  number(settings, 'seed', 1, { min: 0, max: SEED_LIMIT, integer: true });

/** "16 x 10", "16, 10" or [16, 10]. */
function shape(settings: Settings, field: string): number[] {
  const value = settings[field];
  if (Array.isArray(value)) return value.map((size) => Number(plain(size) || Number.NaN));
  if (typeof value === 'number') return [value];
  const items = text(settings, field).split(/[,;x×\s]+/);
  return items.filter((item) => item !== '').map(Number);
}

function layersOf(settings: Settings): unknown[] {
  const rows = settings.layers;
  if (!Array.isArray(rows)) {
    throw new RefusedError(
      'model',
      'The layers of the model are not a list; open the fl-model and make the table anew.',
    );
  }
  return rows;
}

const outputActivations = {
  classify: 'softmax',
  'multi-label': 'sigmoid',
  regress: 'linear',
  anomaly: 'linear',
} as const;

/** The last layer that the task asks for, after a flatten where the table ends in more than one dimension. */
function withOutput(task: ModelSpec['task'], input: number[], table: unknown[], units: number): LayerSpec[] {
  if (input.length === 0 || !input.every((size) => Number.isInteger(size) && size > 0)) {
    throw new RefusedError(
      'model',
      'The input shape must be one to three whole numbers, such as 4 or 16 x 10; or name the features.',
    );
  }
  const layers = Array.from(table, (layer, index) => parseLayer(layer, `Layer ${index + 1}`));
  const shapes = shapesOf({ input, layers });
  return [
    ...layers,
    ...(shapes[layers.length].length > 1 ? [{ type: 'flatten' as const }] : []),
    { type: 'dense', units, activation: outputActivations[task] },
  ];
}

/** `backbone`: what stands in front of the layers. Throws RefusedError with one sentence that says what to mend. */
export function specOf(settings: Settings, backbone?: BackboneSpec): ModelSpec {
  const task = choice(settings, 'task', tasks, 'classify');
  const features = list(settings, 'features');
  const sizes = shape(settings, 'inputShape');
  const input = sizes.length > 0 ? sizes : [backbone?.outputs ?? features.length];
  const labels = givesProbabilities({ task }) ? list(settings, 'labels') : undefined;
  const loss = choice(settings, 'loss', losses, 'auto');
  const table = layersOf(settings);
  const units =
    labels !== undefined
      ? labels.length
      : task === 'anomaly'
        ? product(input)
        : number(settings, 'outputs', 1, { min: 1, integer: true });
  const layers = flag(settings, 'addOutput', true) ? withOutput(task, input, table, units) : table;
  return parseSpec({
    version: 1,
    task,
    backbone,
    input,
    layers,
    loss: loss === 'auto' ? undefined : loss,
    labels,
    features: features.length > 0 ? features : undefined,
    seed: seedOf(settings),
  });
}

export function normalisationOf(settings: Settings, spec: ModelSpec): 'federated' | 'none' | Normalisation {
  const kind = choice(settings, 'normalisation', ['federated', 'fixed', 'none'] as const, 'federated');
  if (kind !== 'fixed') return kind;
  const mean = list(settings, 'mean').map(Number);
  const std = list(settings, 'std').map(Number);
  const size = inputSize(spec);
  if (mean.length !== size || std.length !== size) {
    throw new RefusedError(
      'model',
      `Fixed normalisation needs ${size} means and ${size} deviations, but there are ${mean.length} and ${std.length}.`,
    );
  }
  if (!mean.every(Number.isFinite) || !std.every((value) => Number.isFinite(value) && value > 0)) {
    throw new RefusedError(
      'model',
      'The means of a fixed normalisation must be numbers, and its deviations positive ones.',
    );
  }
  return { mean, std };
}
