/** Activations that the core lacks: same shape out as in, no tensors. */
import { choice, type Fields, number } from '../reader';
import { seal } from './kind';

/** As tfjs names and computes them. */
export const foreignActivations = [
  'elu',
  'selu',
  'relu6',
  'softplus',
  'softsign',
  'swish',
  'mish',
  'gelu',
  'gelu_new',
  'hard_sigmoid',
  'softmax',
  'linear',
  'relu',
  'sigmoid',
  'tanh',
] as const;

const same = (_config: unknown, input: readonly number[]): number[] => [...input];
const none = (): [] => [];

export const elementwiseKinds = {
  Activation: seal({
    settings: ['activation'],
    parse: (read: Fields, where: string) => ({
      activation: choice(read.get('activation'), `${where}: activation`, foreignActivations),
    }),
    shape: same,
    tensors: none,
  }),
  LeakyReLU: seal({
    settings: ['alpha'],
    parse: (read: Fields, where: string) => ({ alpha: number(read.get('alpha') ?? 0.3, `${where}: alpha`, 0, 1) }),
    shape: same,
    tensors: none,
  }),
  ELU: seal({
    settings: ['alpha'],
    parse: (read: Fields, where: string) => ({ alpha: number(read.get('alpha') ?? 1, `${where}: alpha`, 0, 100) }),
    shape: same,
    tensors: none,
  }),
};
