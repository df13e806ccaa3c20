/** One layer that comes from outside: checked, with all defaults filled in. */
import { parseForeign } from './foreign/table';
import { limits } from './limits';
import { choice, type Fields, fields, flag, integer, list, refuse } from './reader';
import type { Activation, Initializer, LayerSpec, Padding } from './spec';

export const activations: readonly Activation[] = ['linear', 'relu', 'leaky_relu', 'tanh', 'sigmoid', 'softmax'];
export const initializers: readonly Initializer[] = [
  'glorot_uniform',
  'he_normal',
  'he_uniform',
  'lecun_normal',
  'zeros',
];
const paddings: readonly Padding[] = ['valid', 'same'];

const known: Record<LayerSpec['type'], readonly string[]> = {
  dense: ['units', 'activation', 'useBias', 'initializer'],
  conv1d: ['filters', 'kernelSize', 'strides', 'padding', 'activation', 'useBias', 'initializer'],
  conv2d: ['filters', 'kernelSize', 'strides', 'padding', 'activation', 'useBias', 'initializer'],
  depthwise_conv2d: ['kernelSize', 'depthMultiplier', 'strides', 'padding', 'activation', 'useBias', 'initializer'],
  max_pool1d: ['poolSize', 'strides', 'padding'],
  average_pool1d: ['poolSize', 'strides', 'padding'],
  max_pool2d: ['poolSize', 'strides', 'padding'],
  average_pool2d: ['poolSize', 'strides', 'padding'],
  flatten: [],
  foreign: ['className', 'config'],
};
const types: readonly LayerSpec['type'][] = [
  'dense',
  'conv1d',
  'conv2d',
  'depthwise_conv2d',
  'max_pool1d',
  'average_pool1d',
  'max_pool2d',
  'average_pool2d',
  'flatten',
  'foreign',
];

const size = (value: unknown, where: string): number => integer(value, where, 1, limits.dimension);

/** A pair; one number stands for both. */
function pair(value: unknown, where: string): [number, number] {
  if (typeof value === 'number') return [size(value, where), size(value, where)];
  const both = list(value, where, 2, 2);
  return [size(both[0], where), size(both[1], where)];
}

function shared(read: Fields, where: string): { activation: Activation; useBias: boolean; initializer: Initializer } {
  return {
    activation: choice(read.get('activation') ?? 'linear', `${where}: activation`, activations),
    useBias: flag(read.get('useBias') ?? true, `${where}: useBias`),
    initializer: choice(read.get('initializer') ?? 'glorot_uniform', `${where}: initializer`, initializers),
  };
}

export function parseLayer(value: unknown, where: string): LayerSpec {
  const type =
    typeof value === 'object' && value !== null && Object.hasOwn(value, 'type') && 'type' in value
      ? choice(value.type, `${where}: type`, types)
      : refuse(`${where} must be an object with a type, one of ${types.join(', ')}.`);
  const read = fields(value, where, ['type', ...known[type]]);
  const padding = (): Padding => choice(read.get('padding') ?? 'valid', `${where}: padding`, paddings);
  switch (type) {
    case 'dense':
      return { type, units: size(read.get('units'), `${where}: units`), ...shared(read, where) };
    case 'conv1d':
      return {
        type,
        filters: size(read.get('filters'), `${where}: filters`),
        kernelSize: size(read.get('kernelSize'), `${where}: kernelSize`),
        strides: size(read.get('strides') ?? 1, `${where}: strides`),
        padding: padding(),
        ...shared(read, where),
      };
    case 'conv2d':
      return {
        type,
        filters: size(read.get('filters'), `${where}: filters`),
        kernelSize: pair(read.get('kernelSize'), `${where}: kernelSize`),
        strides: pair(read.get('strides') ?? 1, `${where}: strides`),
        padding: padding(),
        ...shared(read, where),
      };
    case 'depthwise_conv2d':
      return {
        type,
        kernelSize: pair(read.get('kernelSize'), `${where}: kernelSize`),
        depthMultiplier: size(read.get('depthMultiplier') ?? 1, `${where}: depthMultiplier`),
        strides: pair(read.get('strides') ?? 1, `${where}: strides`),
        padding: padding(),
        ...shared(read, where),
      };
    case 'max_pool1d':
    case 'average_pool1d': {
      const poolSize = size(read.get('poolSize') ?? 2, `${where}: poolSize`);
      const strides = size(read.get('strides') ?? poolSize, `${where}: strides`);
      return { type, poolSize, strides, padding: padding() };
    }
    case 'max_pool2d':
    case 'average_pool2d': {
      const poolSize = pair(read.get('poolSize') ?? 2, `${where}: poolSize`);
      const strides = pair(read.get('strides') ?? poolSize, `${where}: strides`);
      return { type, poolSize, strides, padding: padding() };
    }
    case 'flatten':
      return { type };
    case 'foreign':
      return parseForeign(read.get('className'), read.get('config') ?? {}, where);
  }
}
