/**
 * Batch and layer normalisation over the last axis. A batch normalisation's moving mean and variance are state, not
 * trained: `trainable: false` in the layout. They travel in the vector and are averaged with it, as FedAvg is commonly
 * run; the tfjs engine reads a variance below zero (which noise can make) as zero.
 */
import { type Fields, flag, number, refuse } from '../reader';
import { type ForeignTensor, seal, weight } from './kind';

interface BatchNormalization {
  momentum: number;
  epsilon: number;
  center: boolean;
  scale: boolean;
}
type LayerNormalization = Omit<BatchNormalization, 'momentum'>;

const last = (input: readonly number[]): number => input[input.length - 1];

function needSome(input: readonly number[], where: string): number[] {
  if (input.length === 0) refuse(`${where} needs an input with at least one axis.`);
  return [...input];
}

const common = (read: Fields, where: string, epsilon: number): LayerNormalization => ({
  epsilon: number(read.get('epsilon') ?? epsilon, `${where}: epsilon`, 1e-12, 1),
  center: flag(read.get('center') ?? true, `${where}: center`),
  scale: flag(read.get('scale') ?? true, `${where}: scale`),
});

const gains = (config: LayerNormalization, channels: number): ForeignTensor[] => [
  ...(config.scale ? [weight('gamma', [channels], 'ones')] : []),
  ...(config.center ? [weight('beta', [channels], 'zeros')] : []),
];

export const normaliseKinds = {
  BatchNormalization: seal({
    settings: ['momentum', 'epsilon', 'center', 'scale'],
    parse: (read: Fields, where: string): BatchNormalization => ({
      momentum: number(read.get('momentum') ?? 0.99, `${where}: momentum`, 0, 1),
      ...common(read, where, 1e-3),
    }),
    shape: (_config: BatchNormalization, input, where) => needSome(input, where),
    tensors: (config: BatchNormalization, input) => [
      ...gains(config, last(input)),
      weight('moving_mean', [last(input)], 'zeros', false),
      weight('moving_variance', [last(input)], 'ones', false),
    ],
  }),
  LayerNormalization: seal({
    settings: ['epsilon', 'center', 'scale'],
    parse: (read: Fields, where: string): LayerNormalization => common(read, where, 1e-3),
    shape: (_config: LayerNormalization, input, where) => needSome(input, where),
    tensors: (config: LayerNormalization, input) => gains(config, last(input)),
  }),
};
