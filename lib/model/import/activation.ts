/** Activations of files: fused into the layer before where the core has them, else a layer of their own. */
import { foreignActivations } from '../foreign/elementwise';
import { anyFields } from '../reader';
import { type Activation, LEAKY_SLOPE } from '../spec';
import { addForeign, type Building, called, type Translator } from './building';
import { refuseFile } from './refuse-file';
import type { FileLayer } from './tensor';

const core: readonly Activation[] = ['linear', 'relu', 'tanh', 'sigmoid', 'leaky_relu', 'softmax'];
const aliases: Readonly<Record<string, string>> = { silu: 'swish', hard_swish: 'hard_silu' };

/** The name of an activation, which Keras writes as a text or as an object. */
export function activationName(value: unknown, layer: FileLayer): string {
  if (value === undefined || value === null) return 'linear';
  let name: unknown = value;
  if (typeof value === 'object') {
    const read = anyFields(value, 'activation');
    const inner = read.get('config');
    name = typeof inner === 'string' ? inner : read.get('class_name');
  }
  if (typeof name !== 'string') return refuseFile(`${called(layer)}: its activation cannot be read.`);
  const plain = name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
  return Object.hasOwn(aliases, plain) ? aliases[plain] : plain;
}

/** Whether the last layer so far can take an activation of the core. */
function fuse(into: Building, activation: Activation): boolean {
  const last = into.layers[into.layers.length - 1];
  if (!last || !('activation' in last) || last.activation !== 'linear') return false;
  if (activation === 'softmax' && !(into.classify && into.atEnd)) return false;
  last.activation = activation;
  return true;
}

function addLeaky(into: Building, slope: number): void {
  const own = Math.abs(slope - LEAKY_SLOPE) < 1e-6;
  if (!own || !fuse(into, 'leaky_relu')) addForeign(into, 'LeakyReLU', { alpha: slope });
}

export function addActivation(into: Building, name: string, layer: FileLayer): void {
  if (name === 'linear') return;
  // Keras 3's activation of that name has another slope than its layer.
  if (name === 'leaky_relu') {
    addLeaky(into, 0.2);
    return;
  }
  const fusible = core.find((one) => one === name);
  if (fusible && fuse(into, fusible)) return;
  const known = foreignActivations.find((one) => one === name);
  if (!known || (known === 'hard_sigmoid' && into.keras3)) {
    refuseFile(`${called(layer)}: the activation ${name} is not supported; use ${core.join(', ')} or elu.`);
  }
  addForeign(into, 'Activation', { activation: name });
}

const slopeOf = (layer: FileLayer, otherwise: number): number => {
  const value = layer.config.get('negative_slope') ?? layer.config.get('alpha') ?? otherwise;
  return typeof value === 'number' && value >= 0 && value <= 1
    ? value
    : refuseFile(`${called(layer)}: its slope must be a number from 0 to 1.`);
};

const nothing: readonly string[] = [];

export const activationTranslators: Readonly<Record<string, Translator>> = {
  Activation: (layer, into) => {
    addActivation(into, activationName(layer.config.get('activation'), layer), layer);
    return nothing;
  },
  Softmax: (layer, into) => {
    const axis = layer.config.get('axis') ?? -1;
    if (axis !== -1 && axis !== into.shape.length) refuseFile(`${called(layer)}: only the last axis is supported.`);
    addActivation(into, 'softmax', layer);
    return nothing;
  },
  ReLU: (layer, into) => {
    const most = layer.config.get('max_value') ?? null;
    const slope = slopeOf(layer, 0);
    if ((layer.config.get('threshold') ?? 0) !== 0 || (most !== null && (most !== 6 || slope !== 0))) {
      refuseFile(`${called(layer)}: only max_value 6 or none, and threshold 0, are supported.`);
    }
    if (slope > 0) addLeaky(into, slope);
    else addActivation(into, most === 6 ? 'relu6' : 'relu', layer);
    return nothing;
  },
  LeakyReLU: (layer, into) => {
    addLeaky(into, slopeOf(layer, 0.3));
    return nothing;
  },
  ELU: (layer, into) => {
    addForeign(into, 'ELU', { alpha: Number(layer.config.get('alpha') ?? 1) });
    return nothing;
  },
};
