/** All foreign layers by their Keras class name. */
import { fields, refuse, text } from '../reader';
import type { ForeignLayer } from '../spec';
import { convolutionKinds } from './convolution';
import { elementwiseKinds } from './elementwise';
import type { ForeignTensor, SealedKind } from './kind';
import { normaliseKinds } from './normalise';
import { recurrentKinds } from './recurrent';
import { reshapeKinds } from './reshape';

const table: ReadonlyMap<string, SealedKind> = new Map(
  Object.entries({ ...recurrentKinds, ...normaliseKinds, ...elementwiseKinds, ...reshapeKinds, ...convolutionKinds }),
);

export const foreignClassNames = (): string[] => [...table.keys()].sort();

export function foreignKind(className: string, where: string): SealedKind {
  const found = table.get(className);
  return found ?? refuse(`${where}: the layer ${className} is not supported; use ${foreignClassNames().join(', ')}.`);
}

/** Checks class name and settings; the result holds all defaults. */
export function parseForeign(className: unknown, config: unknown, where: string): ForeignLayer {
  const name = text(className, `${where}: className`, 60);
  const kind = foreignKind(name, where);
  return {
    type: 'foreign',
    className: name,
    config: kind.parse(fields(config, `${where}: config`, kind.settings), where),
  };
}

export function foreignShape(layer: ForeignLayer, input: readonly number[], where: string): number[] {
  const kind = foreignKind(layer.className, where);
  return kind.shape(fields(layer.config, where, kind.settings), input, where);
}

export function foreignTensors(layer: ForeignLayer, input: readonly number[], where: string): ForeignTensor[] {
  const kind = foreignKind(layer.className, where);
  return kind.tensors(fields(layer.config, where, kind.settings), input, where);
}
