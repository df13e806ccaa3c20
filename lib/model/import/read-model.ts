/** A model from the bytes of its files, whichever format they are. */
import { readChain } from './chain';
import { isHdf5 } from './hdf5';
import { type ModelFile, readKeras3, readLegacyHdf5 } from './keras-file';
import { parseJson, refuseFile } from './refuse-file';
import { readTfjs, readTfjsArtifacts, type Shards, type TfjsArtifacts } from './tfjs-file';
import { type ImportedModel, type ImportWish, translate } from './translate';

function readAny(bytes: Uint8Array, shards: Shards): ModelFile {
  if (bytes.length === 0) return refuseFile('The file is empty.');
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return readKeras3(bytes);
  if (isHdf5(bytes)) return readLegacyHdf5(bytes);
  const first = Buffer.from(bytes.subarray(0, 64)).toString('latin1').trimStart();
  if (!first.startsWith('{')) {
    return refuseFile('The file is no model that can be read; give a .keras file, a tfjs model.json or a Keras JSON.');
  }
  const value = parseJson(bytes, 'The file');
  if (typeof value === 'object' && value !== null && ('modelTopology' in value || 'format' in value)) {
    return readTfjs(value, shards);
  }
  return { chain: readChain(value) };
}

/** Throws RefusedError with a sentence. */
export function readModel(bytes: Uint8Array, shards: Shards, wish: ImportWish): ImportedModel {
  const { chain, tensors } = readAny(bytes, shards);
  return translate(chain, wish, tensors);
}

/** From what tfjs hands to a save handler. Throws RefusedError with a sentence. */
export function importTfjsArtifacts(artifacts: TfjsArtifacts, wish: ImportWish = {}): ImportedModel {
  const { chain, tensors } = readTfjsArtifacts(artifacts);
  return translate(chain, wish, tensors);
}
