/** Which tensors of a model stay at home, and models put together of two. */
import type { Layout } from '../../model/layout';
import { RefusedError } from '../../refused';

/** Names of the layers that have parameters, in order: "dense_1", "dense_2". */
export const layerNames = ({ tensors }: Pick<Layout, 'tensors'>): string[] => [
  ...new Set(tensors.map(({ name }) => name.slice(0, name.indexOf('/')))),
];

const bad = (message: string): never => {
  throw new RefusedError('bad-setting', message);
};

/**
 * One flag for each tensor: true where it stays at home. `choice`: a number n for the last n layers that have parameters, or
 * names of layers. At least one stays and at least one is shared. Throws RefusedError 'bad-setting'.
 */
export function privateTensors(layout: Pick<Layout, 'tensors'>, choice: string): boolean[] {
  const names = layerNames(layout);
  const wanted = choice
    .split(/[,;\s]+/)
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const last = wanted.length === 1 && /^\d+$/.test(wanted[0]) ? Number(wanted[0]) : undefined;
  const chosen = last === undefined ? wanted : last === 0 ? [] : names.slice(-last);
  const unknown = chosen.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    bad(`The model has no layer "${unknown.slice(0, 40)}" with parameters: choose among ${names.join(', ')}.`);
  }
  if (chosen.length === 0) bad(`Choose at least one layer that stays at home: ${names.join(', ')}.`);
  if (new Set(chosen).size >= names.length) {
    bad(`At least one layer must be shared: of ${names.join(', ')} at most ${names.length - 1} can stay at home.`);
  }
  return layout.tensors.map(({ name }) => chosen.includes(name.slice(0, name.indexOf('/'))));
}

/** A fresh vector: `own` in the tensors that stay at home, `shared` in all others. */
export function compose(
  layout: Pick<Layout, 'tensors'>,
  atHome: readonly boolean[],
  shared: Float32Array,
  own: Float32Array,
): Float32Array {
  const weights = new Float32Array(new SharedArrayBuffer(shared.byteLength));
  weights.set(shared);
  for (const [i, { offset, size }] of layout.tensors.entries()) {
    if (atHome[i]) weights.set(own.subarray(offset, offset + size), offset);
  }
  return weights;
}
