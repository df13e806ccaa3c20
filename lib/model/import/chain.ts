/** A Keras topology (Sequential, or a functional model without branches) as a row of layers. Keras 2, 3 and tfjs. */
import { anyFields, type Fields } from '../reader';
import { refuseFile } from './refuse-file';
import type { FileLayer } from './tensor';

export interface Chain {
  /** Without the batch. */
  input: number[];
  layers: FileLayer[];
  /** The same layers in the order in which the file lists them. */
  fileOrder: FileLayer[];
  /** Keras 3 computes some things in another way than Keras 2 and tfjs. */
  keras3: boolean;
}

const maxLayers = 256;

function record(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuseFile(`${what} is missing; the file is damaged or of another kind.`);
  }
  return anyFields(value, what);
}

function textOf(value: unknown, what: string): string {
  return typeof value === 'string' && value.length > 0 && value.length < 200
    ? value
    : refuseFile(`${what} is missing; the file is damaged.`);
}

function listOf(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) return refuseFile(`${what} is missing; the file is damaged.`);
  if (value.length > maxLayers) return refuseFile(`The model has more than ${maxLayers} layers.`);
  return [...value];
}

function fileLayer(value: unknown): FileLayer & { inbound: unknown } {
  const read = record(value, 'A layer of the model');
  const className = textOf(read.get('class_name'), 'The class of a layer');
  const config = record(read.get('config'), `The configuration of ${className}`);
  const name = textOf(config.get('name') ?? read.get('name') ?? className.toLowerCase(), 'The name of a layer');
  return { name, className, config, inbound: read.get('inbound_nodes') };
}

/** The names of the layers whose outputs go into a layer, from Keras 3's or the older nodes. */
function sourcesOf(inbound: unknown, name: string): string[] {
  const nodes = listOf(inbound, `The inputs of ${name}`);
  if (nodes.length !== 1) return refuseFile(`The layer ${name} is used more than once; only plain chains can be read.`);
  const found: string[] = [];
  const visit = (value: unknown, depth: number): void => {
    if (depth > 8 || typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) {
      if (typeof value[0] === 'string' && typeof value[1] === 'number') found.push(value[0]);
      else for (const one of value) visit(one, depth + 1);
      return;
    }
    const read = anyFields(value, 'An input of a layer');
    const history = read.get('keras_history');
    if (Array.isArray(history) && typeof history[0] === 'string') found.push(history[0]);
    else for (const one of [read.get('args'), read.get('config')]) visit(one, depth + 1);
  };
  visit(nodes[0], 0);
  return found;
}

/** One name of "input_layers" or "output_layers": [name, 0, 0], or a list with one such. */
function single(value: unknown, what: string): string {
  const first: unknown = Array.isArray(value) ? value[0] : undefined;
  if (typeof first === 'string') return first;
  if (Array.isArray(first) && typeof first[0] === 'string' && Array.isArray(value) && value.length === 1)
    return first[0];
  return refuseFile(`The model has several ${what}; only models with one can be read.`);
}

function functionalOrder(config: Fields): { order: FileLayer[]; listed: FileLayer[] } {
  const layers = new Map(
    listOf(config.get('layers'), 'The list of layers').map((value) => {
      const layer = fileLayer(value);
      return [layer.name, layer] as const;
    }),
  );
  const input = single(config.get('input_layers'), 'inputs');
  let name = single(config.get('output_layers'), 'outputs');
  const order: FileLayer[] = [];
  for (;;) {
    const layer = layers.get(name) ?? refuseFile(`The layer ${name} is missing; the file is damaged.`);
    if (order.includes(layer)) return refuseFile('The model goes round in a circle; only plain chains can be read.');
    order.unshift(layer);
    if (name === input) break;
    const sources = sourcesOf(layer.inbound, name);
    if (sources.length !== 1) {
      return refuseFile(
        `The layer ${name} joins ${sources.length} branches; only models without branches can be read.`,
      );
    }
    name = sources[0];
  }
  if (order.length !== layers.size) {
    return refuseFile('The model has branches; only models whose layers follow one another can be read.');
  }
  return { order, listed: [...layers.values()] };
}

function shapeOf(value: unknown): number[] | undefined {
  if (!Array.isArray(value) || value.length < 2) return undefined;
  const shape: unknown[] = value.slice(1);
  if (shape.some((one) => one === null)) {
    return refuseFile('The input of the model has an open length; save the model with a fixed input shape.');
  }
  return shape.map((one) =>
    typeof one === 'number' && Number.isInteger(one) && one > 0
      ? one
      : refuseFile('The input shape of the model is not made of whole numbers; the file is damaged.'),
  );
}

function inputOf(layers: readonly FileLayer[], config: Fields): number[] {
  const first = layers[0].config;
  const built = config.get('build_input_shape');
  const shape =
    shapeOf(first.get('batch_shape')) ??
    shapeOf(first.get('batch_input_shape')) ??
    shapeOf(first.get('batchInputShape')) ??
    shapeOf(built);
  return shape ?? refuseFile('The model has no input shape; begin it with keras.Input(shape) and save it again.');
}

/**
 * `value` is the JSON of a model: {class_name, config}, or with a model_config around it; `version` that of the Keras
 * that wrote it, where the file tells it elsewhere. Throws RefusedError.
 */
export function readChain(value: unknown, version?: unknown): Chain {
  let read = record(value, 'The model');
  const written = version ?? read.get('keras_version');
  if (read.has('model_config')) read = record(read.get('model_config'), 'The model');
  const className = textOf(read.get('class_name'), 'The class of the model');
  const major = typeof written === 'string' ? /^(\d+)\./.exec(written)?.[1] : undefined;
  const keras3 = major ? Number(major) >= 3 : read.has('module') || read.has('registered_name');
  let config: Fields;
  let layers: FileLayer[];
  let fileOrder: FileLayer[];
  if (className === 'Sequential') {
    const inner = read.get('config');
    // The oldest files have the list itself as the configuration.
    config = Array.isArray(inner) ? new Map([['layers', inner]]) : record(inner, 'The configuration of the model');
    layers = listOf(config.get('layers'), 'The list of layers').map(fileLayer);
    fileOrder = layers;
  } else if (['Functional', 'Model', 'LayersModel'].includes(className)) {
    config = record(read.get('config'), 'The configuration of the model');
    ({ order: layers, listed: fileOrder } = functionalOrder(config));
  } else {
    return refuseFile(`The model is a ${className}; only Sequential and functional Keras models can be read.`);
  }
  if (layers.length === 0) return refuseFile('The model has no layers.');
  const nested = layers.find((layer) => ['Sequential', 'Functional', 'Model'].includes(layer.className));
  if (nested) return refuseFile(`The model ${nested.name} lies inside the model; put its layers in its place.`);
  return { input: inputOf(layers, config), layers, fileOrder, keras3 };
}
