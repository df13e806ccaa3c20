/** LSTM, GRU, simple RNN and the bidirectional wrapper: input [steps, channels]. */
import { limits } from '../limits';
import { anyFields, choice, type Fields, fields, flag, integer, refuse, text } from '../reader';
import { type ForeignTensor, seal, weight } from './kind';

const gateActivations = ['linear', 'relu', 'tanh', 'sigmoid', 'hard_sigmoid'] as const;

interface Recurrent {
  units: number;
  activation: string;
  use_bias: boolean;
  return_sequences: boolean;
  go_backwards: boolean;
  recurrent_activation?: string;
  unit_forget_bias?: boolean;
  /** GRU: the reset gate works after the product with the recurrent kernel, and there are two biases (Keras's default). */
  reset_after?: boolean;
}

function sequence(input: readonly number[], where: string): [steps: number, channels: number] {
  if (input.length !== 2) return refuse(`${where} needs an input of [steps, channels], not [${input.join(', ')}].`);
  return [input[0], input[1]];
}

function recurrent(gates: number) {
  return {
    settings: [
      'units',
      'activation',
      'use_bias',
      'return_sequences',
      'go_backwards',
      ...(gates > 1 ? ['recurrent_activation'] : []),
      ...(gates === 4 ? ['unit_forget_bias'] : []),
      ...(gates === 3 ? ['reset_after'] : []),
    ],
    parse: (read: Fields, where: string): Recurrent => ({
      units: integer(read.get('units'), `${where}: units`, 1, limits.dimension),
      activation: choice(read.get('activation') ?? 'tanh', `${where}: activation`, gateActivations),
      use_bias: flag(read.get('use_bias') ?? true, `${where}: use_bias`),
      return_sequences: flag(read.get('return_sequences') ?? false, `${where}: return_sequences`),
      go_backwards: flag(read.get('go_backwards') ?? false, `${where}: go_backwards`),
      ...(gates > 1 && {
        recurrent_activation: choice(
          read.get('recurrent_activation') ?? 'sigmoid',
          `${where}: recurrent_activation`,
          gateActivations,
        ),
      }),
      ...(gates === 4 && {
        unit_forget_bias: flag(read.get('unit_forget_bias') ?? true, `${where}: unit_forget_bias`),
      }),
      ...(gates === 3 && { reset_after: flag(read.get('reset_after') ?? false, `${where}: reset_after`) }),
    }),
    shape: (config: Recurrent, input: readonly number[], where: string): number[] => {
      const [steps] = sequence(input, where);
      return config.return_sequences ? [steps, config.units] : [config.units];
    },
    tensors: (config: Recurrent, input: readonly number[]): ForeignTensor[] => [
      weight('kernel', [input[1], gates * config.units]),
      weight('recurrent_kernel', [config.units, gates * config.units], 'orthogonal'),
      ...(config.use_bias
        ? [
            config.reset_after
              ? weight('bias', [2, gates * config.units], 'zeros')
              : weight('bias', [gates * config.units], config.unit_forget_bias ? 'forget_bias' : 'zeros'),
          ]
        : []),
    ],
  };
}

const inner = { SimpleRNN: recurrent(1), GRU: recurrent(3), LSTM: recurrent(4) };
const innerNames = ['SimpleRNN', 'GRU', 'LSTM'] as const;

interface Bidirectional {
  layer: { class_name: (typeof innerNames)[number]; config: Recurrent };
  merge_mode: 'concat' | 'sum' | 'mul' | 'ave';
}

const bidirectional = seal({
  settings: ['layer', 'merge_mode'],
  parse: (read: Fields, where: string): Bidirectional => {
    const layer = fields(read.get('layer'), `${where}: layer`, ['class_name', 'config']);
    const name = choice(text(layer.get('class_name'), `${where}: layer`, 40), `${where}: layer`, innerNames);
    const config = inner[name].parse(
      fields(layer.get('config'), `${where}: layer`, inner[name].settings),
      `${where}: layer`,
    );
    if (config.go_backwards) refuse(`${where}: the inner layer must not go backwards itself.`);
    return {
      layer: { class_name: name, config },
      merge_mode: choice(read.get('merge_mode') ?? 'concat', `${where}: merge_mode`, ['concat', 'sum', 'mul', 'ave']),
    };
  },
  shape: ({ layer, merge_mode }: Bidirectional, input: readonly number[], where: string): number[] => {
    const one = inner[layer.class_name].shape(layer.config, input, where);
    return merge_mode === 'concat' ? [...one.slice(0, -1), 2 * one[one.length - 1]] : one;
  },
  tensors: ({ layer }: Bidirectional, input: readonly number[]): ForeignTensor[] =>
    ['forward', 'backward'].flatMap((way) =>
      inner[layer.class_name].tensors(layer.config, input).map((one) => ({ ...one, name: `${way}_${one.name}` })),
    ),
});

/** Keeps, of a file's settings of a wrapped layer, those that are known. */
export function innerSettings(className: string, config: unknown, where: string): Record<string, unknown> {
  const name = choice(className, where, innerNames);
  const read = anyFields(config, where);
  const kept = inner[name].settings.filter((setting) => read.has(setting));
  return Object.fromEntries(kept.map((setting) => [setting, read.get(setting)]));
}

export const recurrentKinds = {
  SimpleRNN: seal(inner.SimpleRNN),
  GRU: seal(inner.GRU),
  LSTM: seal(inner.LSTM),
  Bidirectional: bidirectional,
};
