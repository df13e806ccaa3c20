/**
 * What the library must know of a Keras layer that the core lacks: which settings it has, what shape it gives and which
 * tensors it owns. Running it is the tfjs engine's part.
 */
import type { Fields } from '../reader';
import type { Initializer } from '../spec';

export interface ForeignTensor {
  name: string;
  shape: number[];
  /** forget_bias: an LSTM's bias, ones for the forget gate (the second quarter), else zeros. */
  start: Initializer | 'ones' | 'orthogonal' | 'uniform' | 'forget_bias';
  trainable: boolean;
}

export interface ForeignKind<C> {
  /** Names of the settings that are read; others in a file are dropped by the importer and refused elsewhere. */
  settings: readonly string[];
  /** Checks the settings and fills in the defaults. Names and meanings are Keras's. */
  parse(read: Fields, where: string): C;
  /** Throws RefusedError when the input does not fit. */
  shape(config: C, input: readonly number[], where: string): number[];
  tensors(config: C, input: readonly number[]): ForeignTensor[];
}

/** A kind with its settings' type sealed inside: reads and answers in one go. */
export interface SealedKind {
  settings: readonly string[];
  parse(read: Fields, where: string): Record<string, unknown>;
  shape(read: Fields, input: readonly number[], where: string): number[];
  tensors(read: Fields, input: readonly number[], where: string): ForeignTensor[];
}

export function seal<C extends object>(kind: ForeignKind<C>): SealedKind {
  return {
    settings: kind.settings,
    parse: (read, where) => Object.fromEntries(Object.entries(kind.parse(read, where))),
    shape: (read, input, where) => kind.shape(kind.parse(read, where), input, where),
    tensors: (read, input, where) => kind.tensors(kind.parse(read, where), input),
  };
}

export const weight = (
  name: string,
  shape: number[],
  start: ForeignTensor['start'] = 'glorot_uniform',
  trainable = true,
): ForeignTensor => ({ name, shape, start, trainable });
