/** Layers that only tfjs runs: recurrent ones, normalisations, and those that move numbers about. */
import { innerSettings } from '../foreign/recurrent';
import { foreignKind } from '../foreign/table';
import { activationName, addActivation } from './activation';
import {
  addForeign,
  type Building,
  biased,
  called,
  innerLayer,
  mustBe,
  noteTraining,
  sizes,
  type Translator,
} from './building';
import { refuseFile } from './refuse-file';
import type { FileLayer } from './tensor';

const nothing: readonly string[] = [];

/** Those settings of the file that the specification has. */
function known(layer: FileLayer, className = layer.className): Record<string, unknown> {
  const { settings } = foreignKind(className, called(layer));
  const kept = settings.filter((name) => layer.config.get(name) !== undefined && layer.config.get(name) !== null);
  return Object.fromEntries(kept.map((name) => [name, layer.config.get(name)]));
}

/** Recurrent activations by the names that tfjs computes as the file does. */
function gates(layer: FileLayer, into: Building): FileLayer {
  const config = new Map(layer.config);
  for (const name of ['activation', 'recurrent_activation']) {
    if (!config.has(name)) continue;
    const activation = activationName(config.get(name), layer);
    if (activation === 'hard_sigmoid' && into.keras3) {
      refuseFile(`${called(layer)}: the activation hard_sigmoid of Keras 3 is not supported; use sigmoid.`);
    }
    config.set(name, activation);
  }
  // Keras 3 resets after the product where nothing is said, older ones and tfjs before it.
  if (layer.className === 'GRU' && !config.has('reset_after')) config.set('reset_after', into.keras3);
  return { ...layer, config };
}

const plainRecurrent = {
  stateful: [false],
  return_state: [false],
  time_major: [false],
};

const recurrent: Translator = (layer, into) => {
  mustBe(layer, plainRecurrent);
  addForeign(into, layer.className, known(gates(layer, into)));
  return biased(layer, 'kernel', 'recurrent_kernel');
};

const bidirectional: Translator = (layer, into) => {
  const inner = innerLayer(layer);
  mustBe(inner, { ...plainRecurrent, go_backwards: [false] });
  mustBe(layer, { merge_mode: ['concat', 'sum', 'mul', 'ave'] });
  noteTraining(inner, into);
  const { className, config } = gates(inner, into);
  addForeign(into, 'Bidirectional', {
    layer: { class_name: className, config: innerSettings(className, Object.fromEntries(config), called(layer)) },
    merge_mode: layer.config.get('merge_mode') ?? 'concat',
  });
  return ['forward', 'backward'].flatMap((way) =>
    biased(inner, 'kernel', 'recurrent_kernel').map((name) => `${way}/${name}`),
  );
};

/** The axis of a normalisation: only the last. */
function lastAxis(layer: FileLayer, into: Building): void {
  const value = layer.config.get('axis') ?? -1;
  const axis: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (axis !== -1 && axis !== into.shape.length) {
    refuseFile(`${called(layer)} works on axis ${JSON.stringify(value)}; only the last one is supported.`);
  }
}

const gains = (layer: FileLayer): string[] => [
  ...(layer.config.get('scale') === false ? [] : ['gamma']),
  ...(layer.config.get('center') === false ? [] : ['beta']),
];

function both(value: unknown): unknown {
  if (typeof value === 'number')
    return [
      [value, value],
      [value, value],
    ];
  if (Array.isArray(value) && value.every((one) => typeof one === 'number'))
    return value.map((one: unknown) => [one, one]);
  return value;
}

const plain: Translator = (layer, into) => {
  addForeign(into, layer.className, known(layer));
  return nothing;
};

export const foreignTranslators: Readonly<Record<string, Translator>> = {
  SimpleRNN: recurrent,
  GRU: recurrent,
  LSTM: recurrent,
  Bidirectional: bidirectional,
  BatchNormalization: (layer, into) => {
    lastAxis(layer, into);
    mustBe(layer, { renorm: [false], synchronized: [false] });
    addForeign(into, 'BatchNormalization', known(layer));
    return [...gains(layer), 'moving_mean', 'moving_variance'];
  },
  LayerNormalization: (layer, into) => {
    lastAxis(layer, into);
    mustBe(layer, { rms_scaling: [false] });
    addForeign(into, 'LayerNormalization', known(layer));
    return gains(layer);
  },
  Embedding: (layer, into) => {
    mustBe(layer, { mask_zero: [false], lora_rank: [0] });
    addForeign(into, 'Embedding', known(layer));
    return ['embeddings'];
  },
  Conv2DTranspose: (layer, into) => {
    mustBe(layer, { data_format: ['channels_last'], output_padding: [null] });
    if (sizes(layer.config.get('dilation_rate') ?? 1, 2, layer, 'dilation_rate').some((one) => one > 1)) {
      refuseFile(`${called(layer)}: dilation is not supported in it; set dilation_rate to 1.`);
    }
    const settings = known(layer);
    for (const name of ['kernel_size', 'strides']) {
      settings[name] = sizes(layer.config.get(name) ?? 1, 2, layer, name);
    }
    addForeign(into, 'Conv2DTranspose', settings);
    addActivation(into, activationName(layer.config.get('activation'), layer), layer);
    return biased(layer, 'kernel');
  },
  ZeroPadding2D: (layer, into) => {
    mustBe(layer, { data_format: ['channels_last'] });
    addForeign(into, 'ZeroPadding2D', { padding: both(layer.config.get('padding') ?? 1) });
    return nothing;
  },
  UpSampling2D: (layer, into) => {
    mustBe(layer, { data_format: ['channels_last'], interpolation: ['nearest'] });
    addForeign(into, 'UpSampling2D', { size: sizes(layer.config.get('size') ?? 2, 2, layer, 'size') });
    return nothing;
  },
  Permute: plain,
  RepeatVector: plain,
};
