/** HDF5 files as a tree of groups and tensors; whatever the reader throws becomes a refusal. */
import * as jsfive from 'jsfive';
import { limits } from '../limits';
import { product } from '../shapes';
import { refuseFile } from './refuse-file';
import type { FileTensor } from './tensor';

export interface Tree {
  groups: ReadonlyMap<string, Tree>;
  /** Read when asked for. */
  tensors: ReadonlyMap<string, () => FileTensor>;
  /** Texts and lists of texts only. */
  attributes: ReadonlyMap<string, string | string[]>;
}

const damaged = 'The HDF5 file is damaged, cut off, or uses something unusual; save the model again with Keras.';
const maxDepth = 12;

function tensorOf(dataset: jsfive.Dataset, name: string): FileTensor {
  const { shape, dtype } = dataset;
  if (typeof dtype !== 'string' || !['<f4', '<f8', '<i4', '<i8'].includes(dtype)) {
    return refuseFile(
      `The tensor ${name} has numbers of the type ${String(dtype)}; only float32, float64 and whole numbers can be read.`,
    );
  }
  if (product(shape) > limits.parameters) return refuseFile(`The tensor ${name} is larger than a model may be.`);
  const value = dataset.value;
  if (!Array.isArray(value) || value.length !== product(shape)) return refuseFile(damaged);
  return { name, shape: [...shape], data: Float32Array.from(value, Number) };
}

function attributesOf(group: jsfive.Group): Map<string, string | string[]> {
  const found = new Map<string, string | string[]>();
  const { attrs } = group;
  for (const name of Object.keys(attrs)) {
    const value = attrs[name];
    if (typeof value === 'string') found.set(name, value);
    else if (Array.isArray(value)) {
      const texts = value.filter((one): one is string => typeof one === 'string');
      if (texts.length === value.length) found.set(name, texts);
    }
  }
  return found;
}

function treeOf(group: jsfive.Group, path: string, depth: number, left: { objects: number }): Tree {
  const groups = new Map<string, Tree>();
  const tensors = new Map<string, () => FileTensor>();
  if (depth > maxDepth) refuseFile(damaged);
  for (const key of group.keys) {
    left.objects -= 1;
    if (left.objects < 0) refuseFile('The HDF5 file has too many objects to be a model.');
    const child = group.get(key);
    const name = path ? `${path}/${key}` : key;
    if (child instanceof jsfive.Dataset) tensors.set(key, () => guarded(() => tensorOf(child, name)));
    else if (child) groups.set(key, treeOf(child, name, depth + 1, left));
  }
  return { groups, tensors, attributes: attributesOf(group) };
}

function guarded<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && error.name === 'RefusedError') throw error;
    return refuseFile(damaged);
  }
}

export const isHdf5 = (bytes: Uint8Array): boolean =>
  bytes.length > 8 && Buffer.from(bytes.subarray(0, 8)).equals(Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'));

export function readHdf5(bytes: Uint8Array): Tree {
  if (!isHdf5(bytes)) return refuseFile('The weights are not an HDF5 file; the file is damaged.');
  return guarded(() => {
    const own = new Uint8Array(bytes.length);
    own.set(bytes);
    return treeOf(new jsfive.File(own.buffer, 'model'), '', 0, { objects: 10000 });
  });
}

export function groupAt(tree: Tree, ...path: string[]): Tree | undefined {
  let at: Tree | undefined = tree;
  for (const name of path) at = at?.groups.get(name);
  return at;
}
