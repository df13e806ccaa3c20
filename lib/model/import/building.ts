/** What the translators add to: the specification as it grows, layer by layer. */
import { anyFields, type Fields } from '../reader';
import { layerName, outputShape } from '../shapes';
import type { Activation, Initializer, LayerSpec, Padding } from '../spec';
import { refuseFile } from './refuse-file';
import type { FileLayer } from './tensor';

export interface Building {
  input: number[];
  /** Output shape of the last layer so far. */
  shape: number[];
  layers: LayerSpec[];
  normalisation?: { mean: number[]; std: number[] };
  notes: Set<string>;
  keras3: boolean;
  classify: boolean;
  /** Nothing but layers without effect follows. */
  atEnd: boolean;
}

/** Adds the layer(s) of one file layer; returns the names of the tensors that it owns, in the order of the layout. */
export type Translator = (layer: FileLayer, into: Building) => readonly string[];

/** "dense_3 (Dense)": how messages name a layer of the file. */
export const called = (layer: FileLayer): string => `${layer.name} (${layer.className})`;

export function add(into: Building, spec: LayerSpec): void {
  into.shape = outputShape(spec, into.shape, layerName(into.layers.length, spec));
  into.layers.push(spec);
}

export const addForeign = (into: Building, className: string, config: Record<string, unknown>): void =>
  add(into, { type: 'foreign', className, config });

/** A pair or a number, as Keras writes sizes. */
export function sizes(value: unknown, count: number, layer: FileLayer, what: string): number[] {
  const list: unknown[] = Array.isArray(value) ? [...value] : Array.from({ length: count }, () => value);
  const fine = list.length === count && list.every((one) => Number.isInteger(one) && Number(one) >= 1);
  if (!fine) return refuseFile(`${called(layer)}: ${what} is not made of whole numbers; the file is damaged.`);
  return list.map(Number);
}

export function positive(value: unknown, layer: FileLayer, what: string): number {
  return sizes(value, 1, layer, what)[0];
}

export function paddingOf(layer: FileLayer): Padding {
  const value = layer.config.get('padding') ?? 'valid';
  if (value === 'valid' || value === 'same') return value;
  return refuseFile(`${called(layer)}: the padding ${String(value)} is not supported; use "valid" or "same".`);
}

/** Refuses what the specification cannot say. `plain` gives the value that needs no saying. */
export function mustBe(layer: FileLayer, plain: Record<string, readonly unknown[]>): void {
  for (const [name, allowed] of Object.entries(plain)) {
    const value = layer.config.get(name);
    if (value === undefined || value === null || allowed.includes(value)) continue;
    const shown = JSON.stringify(value)?.slice(0, 60);
    refuseFile(`${called(layer)}: ${name} = ${shown} is not supported; set it to ${JSON.stringify(allowed[0])}.`);
  }
}

const initializers: Readonly<Record<string, Initializer>> = {
  glorotuniform: 'glorot_uniform',
  henormal: 'he_normal',
  heuniform: 'he_uniform',
  lecunnormal: 'lecun_normal',
  zeros: 'zeros',
};

/** The initialiser, where it is one that the specification has; it matters only to models that come without weights. */
export function initializerOf(layer: FileLayer): Initializer {
  const value = layer.config.get('kernel_initializer') ?? layer.config.get('depthwise_initializer');
  const name = typeof value === 'object' && value !== null ? anyFields(value, 'initializer').get('class_name') : value;
  const key = typeof name === 'string' ? name.replace(/_/g, '').toLowerCase() : '';
  return Object.hasOwn(initializers, key) ? initializers[key] : 'glorot_uniform';
}

export const usesBias = (layer: FileLayer): boolean => layer.config.get('use_bias') !== false;

export const biased = (layer: FileLayer, ...names: string[]): string[] => [
  ...names,
  ...(usesBias(layer) ? ['bias'] : []),
];

/** What training will do otherwise than the file says. */
export function noteTraining(layer: FileLayer, into: Building): void {
  const { config } = layer;
  for (const [name, value] of config) {
    if (/_(regularizer|constraint)$/.test(name) && value !== null) {
      into.notes.add(`${called(layer)}: its ${name} is left out; set the L2 penalty in the training options instead.`);
    }
  }
  if (config.get('trainable') === false) {
    into.notes.add(`${called(layer)} was frozen; here it is trained as the others are.`);
  }
  for (const name of ['dropout', 'recurrent_dropout']) {
    if (Number(config.get(name) ?? 0) > 0) into.notes.add(`${called(layer)}: its ${name} is left out.`);
  }
}

/** The settings of a wrapped layer. */
export function innerLayer(layer: FileLayer): FileLayer {
  const value = layer.config.get('layer');
  if (typeof value !== 'object' || value === null)
    return refuseFile(`${called(layer)} wraps nothing; the file is damaged.`);
  const read: Fields = anyFields(value, 'layer');
  const className = read.get('class_name');
  const config = read.get('config');
  if (typeof className !== 'string' || typeof config !== 'object' || config === null) {
    return refuseFile(`${called(layer)} wraps nothing; the file is damaged.`);
  }
  return { name: layer.name, className, config: anyFields(config, className) };
}

export type { Activation };
