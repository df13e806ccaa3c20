/** Keras 3 (.keras: a zip with config.json and model.weights.h5) and legacy HDF5 files. */

import { called } from './building';
import { type Chain, readChain } from './chain';
import { groupAt, readHdf5, type Tree } from './hdf5';
import { namedTensors } from './named-tensors';
import { maxTopologyBytes, parseJson, refuseFile } from './refuse-file';
import type { FileTensor, TensorSource } from './tensor';
import { readZip, type ZipEntry } from './zip';

export interface ModelFile {
  chain: Chain;
  tensors?: TensorSource;
}

/** Keras's own rule: "SimpleRNN" to "simple_rnn", "Conv2D" to "conv2d". */
const snake = (name: string): string =>
  name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();

/** The variables of a layer's group, or of the group in it that wraps them. */
function variables(group: Tree): FileTensor[] {
  const vars = group.groups.get('vars');
  const own = vars ? [...vars.tensors.keys()].sort((a, b) => Number(a) - Number(b)) : [];
  return own.flatMap((key) => {
    const read = vars?.tensors.get(key);
    return read ? [read()] : [];
  });
}

function layerVariables(group: Tree): FileTensor[] {
  for (const [first, second] of [
    ['forward_layer', 'backward_layer'],
    ['cell', ''],
    ['layer', ''],
  ]) {
    const one = group.groups.get(first);
    const two = group.groups.get(second);
    if (one) return [...layerVariables(one), ...(two ? layerVariables(two) : [])];
  }
  return variables(group);
}

/** Layers stand under their class and a running number, whatever their names are. */
function positionedTensors(weights: Tree, chain: Chain): TensorSource {
  const layers = groupAt(weights, 'layers') ?? groupAt(weights, '_layer_checkpoint_dependencies');
  if (!layers) return refuseFile('The weights have no layers; save the model again with Keras 3.');
  const counts = new Map<string, number>();
  const names = chain.fileOrder.map((layer) => {
    const base = snake(layer.className);
    const count = counts.get(base) ?? 0;
    counts.set(base, count + 1);
    return [layer.name, count === 0 ? base : `${base}_${count}`] as const;
  });
  const places = new Map(names);
  return (layer, _index, wanted) => {
    const group = layers.groups.get(places.get(layer.name) ?? '');
    const found = group ? layerVariables(group) : [];
    // A Normalization has its count besides mean and variance.
    if (layer.className === 'Normalization') return found.slice(0, 2);
    if (found.length !== wanted.length) {
      return refuseFile(`The file has ${found.length} tensors for the layer ${called(layer)}, not ${wanted.length}.`);
    }
    return found;
  };
}

function entry(archive: Map<string, ZipEntry>, name: string): Uint8Array {
  const found = archive.get(name);
  return found ? found.read() : refuseFile(`The archive has no ${name}: it is not a Keras 3 model.`);
}

export function readKeras3(bytes: Uint8Array): ModelFile {
  const archive = readZip(bytes);
  const config = archive.get('config.json');
  if (config && config.size > maxTopologyBytes) return refuseFile('The configuration of the model is too large.');
  const metadata = archive.has('metadata.json')
    ? parseJson(entry(archive, 'metadata.json'), 'The metadata')
    : undefined;
  const version = typeof metadata === 'object' && metadata && 'keras_version' in metadata && metadata.keras_version;
  const chain = readChain(
    parseJson(entry(archive, 'config.json'), 'The configuration of the model'),
    version || undefined,
  );
  return { chain, tensors: positionedTensors(readHdf5(entry(archive, 'model.weights.h5')), chain) };
}

function collect(tree: Tree, path: string, into: { name: string; read(): FileTensor }[]): void {
  for (const [name, read] of tree.tensors) into.push({ name: `${path}${name}`, read });
  for (const [name, child] of tree.groups) collect(child, `${path}${name}/`, into);
}

/** Keras 1, 2 and 3's HDF5 format, written by model.save("….h5"). */
export function readLegacyHdf5(bytes: Uint8Array): ModelFile {
  const tree = readHdf5(bytes);
  const config = tree.attributes.get('model_config');
  if (typeof config !== 'string') {
    return refuseFile('The file has weights only; save the whole model with model.save("name.keras").');
  }
  const chain = readChain(
    parseJson(Buffer.from(config), 'The configuration of the model'),
    tree.attributes.get('keras_version'),
  );
  const all: { name: string; read(): FileTensor }[] = [];
  collect(groupAt(tree, 'model_weights') ?? tree, '', all);
  return { chain, tensors: namedTensors(all) };
}
