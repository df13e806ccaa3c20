/** tfjs layers models: model.json with its weight shards, or the same in memory. */
import { limits } from '../limits';
import { anyFields, type Fields } from '../reader';
import { product } from '../shapes';
import { readChain } from './chain';
import type { ModelFile } from './keras-file';
import { namedTensors } from './named-tensors';
import { maxFileBytes, refuseFile } from './refuse-file';
import type { FileTensor } from './tensor';

/** Gives a shard by its file name. Throws RefusedError when there is none. */
export type Shards = (name: string) => Uint8Array;

const bytesOf: Readonly<Record<string, number>> = { float32: 4, int32: 4, uint8: 1, uint16: 2 };

function record(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuseFile(`${what} is missing; the file is damaged.`);
  }
  return anyFields(value, what);
}

const listOf = (value: unknown, what: string): unknown[] =>
  Array.isArray(value) && value.length <= 10000 ? [...value] : refuseFile(`${what} is missing; the file is damaged.`);

function decode(bytes: Buffer, type: string, count: number, scale: number, least: number): Float32Array {
  const data = new Float32Array(count);
  const read = {
    float32: (i: number) => bytes.readFloatLE(4 * i),
    int32: (i: number) => bytes.readInt32LE(4 * i),
    uint8: (i: number) => bytes[i],
    uint16: (i: number) => bytes.readUInt16LE(2 * i),
  }[type];
  if (!read) return refuseFile(`Numbers of the type ${type} cannot be read.`);
  for (let i = 0; i < count; i++) data[i] = read(i) * scale + least;
  return data;
}

/** One group's tensors follow one another in its bytes. */
function readGroup(specs: readonly unknown[], bytes: Buffer): FileTensor[] {
  let at = 0;
  const tensors = specs.map((value): FileTensor => {
    const spec = record(value, 'A tensor of the manifest');
    const name = spec.get('name');
    if (typeof name !== 'string' || name.length > 500) return refuseFile('A tensor of the manifest has no name.');
    const shape = listOf(spec.get('shape'), `The shape of ${name}`).map((one) =>
      typeof one === 'number' && Number.isInteger(one) && one >= 1
        ? one
        : refuseFile(`The shape of ${name} is damaged.`),
    );
    const count = product(shape);
    if (count > limits.parameters) return refuseFile(`The tensor ${name} is larger than a model may be.`);
    const quantization = spec.has('quantization') ? record(spec.get('quantization'), name) : undefined;
    const type = quantization ? quantization.get('dtype') : spec.get('dtype');
    if (typeof type !== 'string' || !Object.hasOwn(bytesOf, type)) {
      return refuseFile(`The tensor ${name} has numbers of the type ${String(type)}, which cannot be read.`);
    }
    const scale = Number(quantization?.get('scale') ?? 1);
    const least = Number(quantization?.get('min') ?? 0);
    const size = count * bytesOf[type];
    if (at + size > bytes.length) return refuseFile('The weights are cut off: copy all files of the model again.');
    const data = decode(bytes.subarray(at, at + size), type, count, scale, least);
    at += size;
    return { name, shape, data };
  });
  if (at !== bytes.length)
    return refuseFile('The weights have more bytes than the manifest says; the files do not belong together.');
  return tensors;
}

function joined(paths: readonly unknown[], shards: Shards): Buffer {
  const parts = paths.map((path) => {
    if (typeof path !== 'string' || !/^[\w][\w.-]*$/.test(path)) {
      return refuseFile('The manifest names a weight file outside of its folder; only plain file names are read.');
    }
    return shards(path);
  });
  if (parts.reduce((sum, part) => sum + part.length, 0) > maxFileBytes) {
    return refuseFile(`The weights have more than ${maxFileBytes} bytes; use a smaller model.`);
  }
  return Buffer.concat(parts);
}

/** The JSON of a model.json file. */
export function readTfjs(value: unknown, shards: Shards): ModelFile {
  const file = record(value, 'The model');
  if (file.get('format') === 'graph-model') {
    return refuseFile('This is a tfjs graph model, which cannot be trained; convert the model as a layers model.');
  }
  const chain = readChain(file.get('modelTopology'));
  const manifest = file.get('weightsManifest');
  if (manifest === undefined || manifest === null) return { chain };
  const tensors = listOf(manifest, 'The weights manifest').flatMap((value) => {
    const group = record(value, 'A group of the weights manifest');
    const bytes = joined(listOf(group.get('paths'), 'The list of weight files'), shards);
    return readGroup(listOf(group.get('weights'), 'The list of tensors'), bytes);
  });
  return { chain, tensors: namedTensors(tensors.map((one) => ({ name: one.name, read: () => one }))) };
}

/** What tfjs hands to a save handler. */
export interface TfjsArtifacts {
  modelTopology?: unknown;
  weightSpecs?: readonly unknown[];
  weightData?: ArrayBuffer | ArrayBuffer[];
}

export function readTfjsArtifacts(artifacts: TfjsArtifacts): ModelFile {
  const chain = readChain(artifacts.modelTopology);
  const { weightData, weightSpecs } = artifacts;
  if (!weightSpecs || !weightData) return { chain };
  const parts = Array.isArray(weightData) ? weightData : [weightData];
  const tensors = readGroup(weightSpecs, Buffer.concat(parts.map((part) => Buffer.from(part))));
  return { chain, tensors: namedTensors(tensors.map((one) => ({ name: one.name, read: () => one }))) };
}
