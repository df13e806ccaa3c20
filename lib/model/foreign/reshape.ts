/** Layers that move or repeat numbers; none owns a tensor, but for the embedding. */
import { limits } from '../limits';
import { choice, type Fields, integer, list, refuse } from '../reader';
import { seal, weight } from './kind';

const none = (): [] => [];
const size = (value: unknown, where: string): number => integer(value, where, 1, limits.dimension);
const pair = (value: unknown, where: string, least: number): [number, number] => {
  const both = list(value, where, 2, 2);
  return [integer(both[0], where, least, limits.dimension), integer(both[1], where, least, limits.dimension)];
};
const product = (shape: readonly number[]): number => shape.reduce((all, one) => all * one, 1);

function rank(input: readonly number[], needed: number, where: string): readonly number[] {
  const shapes = ['', '[features]', '[steps, channels]', '[height, width, channels]'];
  if (input.length !== needed) {
    refuse(`${where} needs an input of ${shapes[needed]}, not [${input.join(', ')}].`);
  }
  return input;
}

export const reshapeKinds = {
  Reshape: seal({
    settings: ['target_shape'],
    parse: (read: Fields, where: string) => ({
      target_shape: list(read.get('target_shape'), `${where}: target_shape`, 1, 3).map((one) =>
        one === -1 ? -1 : size(one, `${where}: target_shape`),
      ),
    }),
    shape: ({ target_shape }, input, where) => {
      const open = target_shape.filter((one) => one === -1).length;
      const fixed = product(target_shape.filter((one) => one !== -1));
      const all = product(input);
      if (open > 1 || all % fixed !== 0 || (open === 0 && all !== fixed)) {
        refuse(`${where} cannot make [${target_shape.join(', ')}] of [${input.join(', ')}].`);
      }
      return target_shape.map((one) => (one === -1 ? all / fixed : one));
    },
    tensors: none,
  }),
  Permute: seal({
    settings: ['dims'],
    parse: (read: Fields, where: string) => ({
      dims: list(read.get('dims'), `${where}: dims`, 1, 3).map((one) => integer(one, `${where}: dims`, 1, 3)),
    }),
    shape: ({ dims }, input, where) => {
      if (dims.length !== input.length || [...dims].sort().some((one, i) => one !== i + 1)) {
        refuse(`${where}: dims must be the numbers 1 to ${input.length} in some order.`);
      }
      return dims.map((one) => input[one - 1]);
    },
    tensors: none,
  }),
  RepeatVector: seal({
    settings: ['n'],
    parse: (read: Fields, where: string) => ({ n: size(read.get('n'), `${where}: n`) }),
    shape: ({ n }, input, where) => [n, rank(input, 1, where)[0]],
    tensors: none,
  }),
  ZeroPadding2D: seal({
    settings: ['padding'],
    parse: (read: Fields, where: string) => {
      const sides = list(
        read.get('padding') ?? [
          [1, 1],
          [1, 1],
        ],
        `${where}: padding`,
        2,
        2,
      );
      return { padding: sides.map((side) => pair(side, `${where}: padding`, 0)) };
    },
    shape: ({ padding: [rows, columns] }, input, where) => {
      const [height, width, channels] = rank(input, 3, where);
      return [height + rows[0] + rows[1], width + columns[0] + columns[1], channels];
    },
    tensors: none,
  }),
  UpSampling2D: seal({
    settings: ['size', 'interpolation'],
    parse: (read: Fields, where: string) => ({
      size: pair(read.get('size') ?? [2, 2], `${where}: size`, 1),
      interpolation: choice(read.get('interpolation') ?? 'nearest', `${where}: interpolation`, ['nearest']),
    }),
    shape: (config, input, where) => {
      const [height, width, channels] = rank(input, 3, where);
      return [height * config.size[0], width * config.size[1], channels];
    },
    tensors: none,
  }),
  Embedding: seal({
    settings: ['input_dim', 'output_dim'],
    parse: (read: Fields, where: string) => ({
      input_dim: size(read.get('input_dim'), `${where}: input_dim`),
      output_dim: size(read.get('output_dim'), `${where}: output_dim`),
    }),
    shape: ({ output_dim }, input, where) => [rank(input, 1, where)[0], output_dim],
    tensors: ({ input_dim, output_dim }) => [weight('embeddings', [input_dim, output_dim], 'uniform')],
  }),
};
