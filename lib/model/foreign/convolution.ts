/** Convolutions with holes, and transposed ones. */
import { limits } from '../limits';
import { choice, type Fields, flag, integer, list, refuse } from '../reader';
import { type ForeignTensor, seal, weight } from './kind';

const size = (value: unknown, where: string): number => integer(value, where, 1, limits.dimension);
const sizes = (value: unknown, where: string, count: number): number[] =>
  list(value, where, count, count).map((one) => size(one, where));

interface Convolution {
  filters: number;
  kernel_size: number[];
  strides: number[];
  dilation_rate: number[];
  padding: 'valid' | 'same';
  use_bias: boolean;
}

const bias = (use: boolean, channels: number): ForeignTensor[] => (use ? [weight('bias', [channels], 'zeros')] : []);

function convolution(axes: 1 | 2) {
  const ones = Array.from({ length: axes }, () => 1);
  return seal({
    settings: ['filters', 'kernel_size', 'strides', 'dilation_rate', 'padding', 'use_bias'],
    parse: (read: Fields, where: string): Convolution => {
      const config = {
        filters: size(read.get('filters'), `${where}: filters`),
        kernel_size: sizes(read.get('kernel_size'), `${where}: kernel_size`, axes),
        strides: sizes(read.get('strides') ?? ones, `${where}: strides`, axes),
        dilation_rate: sizes(read.get('dilation_rate') ?? ones, `${where}: dilation_rate`, axes),
        padding: choice(read.get('padding') ?? 'valid', `${where}: padding`, ['valid', 'same']),
        use_bias: flag(read.get('use_bias') ?? true, `${where}: use_bias`),
      };
      if (config.strides.some((one) => one > 1) && config.dilation_rate.some((one) => one > 1)) {
        refuse(`${where} has both strides and dilation; set one of them to 1.`);
      }
      return config;
    },
    shape: (config: Convolution, input, where) => {
      if (input.length !== axes + 1) {
        refuse(`${where} needs ${axes} axes and channels, not [${input.join(', ')}].`);
      }
      const out = config.kernel_size.map((kernel, axis) => {
        const reach = config.padding === 'same' ? 1 : (kernel - 1) * config.dilation_rate[axis] + 1;
        return Math.floor((input[axis] - reach) / config.strides[axis]) + 1;
      });
      if (out.some((one) => one < 1)) refuse(`${where}: its kernel reaches over more than its input.`);
      return [...out, config.filters];
    },
    tensors: (config: Convolution, input) => [
      weight('kernel', [...config.kernel_size, input[axes], config.filters]),
      ...bias(config.use_bias, config.filters),
    ],
  });
}

type Transpose = Omit<Convolution, 'dilation_rate'>;

export const convolutionKinds = {
  Conv1D: convolution(1),
  Conv2D: convolution(2),
  Conv2DTranspose: seal({
    settings: ['filters', 'kernel_size', 'strides', 'padding', 'use_bias'],
    parse: (read: Fields, where: string): Transpose => ({
      filters: size(read.get('filters'), `${where}: filters`),
      kernel_size: sizes(read.get('kernel_size'), `${where}: kernel_size`, 2),
      strides: sizes(read.get('strides') ?? [1, 1], `${where}: strides`, 2),
      padding: choice(read.get('padding') ?? 'valid', `${where}: padding`, ['valid', 'same']),
      use_bias: flag(read.get('use_bias') ?? true, `${where}: use_bias`),
    }),
    shape: (config: Transpose, input, where) => {
      if (input.length !== 3) {
        refuse(`${where} needs an input of [height, width, channels], not [${input.join(', ')}].`);
      }
      const out = config.strides.map((stride, axis) => {
        const over = config.padding === 'same' ? 0 : Math.max(config.kernel_size[axis] - stride, 0);
        return input[axis] * stride + over;
      });
      return [...out, config.filters];
    },
    tensors: (config: Transpose, input) => [
      weight('kernel', [...config.kernel_size, config.filters, input[2]]),
      ...bias(config.use_bias, config.filters),
    ],
  }),
};
