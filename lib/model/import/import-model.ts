/**
 * Reads a model that a person brings, in a thread with bounds on memory and time, since a file may be made to exhaust
 * its reader.
 */
import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { RefusedError } from '../../refused';
import { maxFileBytes, maxTopologyBytes, refuseFile } from './refuse-file';
import type { ImportedModel, ImportWish } from './translate';
import type { ImportReply, ImportRequest, NamedFile } from './worker-messages';

/** Longest time that reading may take, in ms. */
const PATIENCE = 30_000;

async function readBounded(path: string, most: number): Promise<Uint8Array> {
  const name = basename(path);
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return refuseFile(`There is no file ${name} at ${dirname(path)}; check the path.`);
  if (found.size > most) return refuseFile(`${name} has more than ${most} bytes; use a smaller model.`);
  return readFile(path);
}

/** Names of weight files in a tfjs model.json, or none. Only plain names are opened; the reader refuses the others. */
function shardNames(bytes: Uint8Array): string[] {
  if (bytes.length > maxTopologyBytes || bytes[0] !== 0x7b) return [];
  const names = new Set<string>();
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    const manifest = typeof value === 'object' && value !== null && 'weightsManifest' in value && value.weightsManifest;
    for (const group of Array.isArray(manifest) ? manifest : []) {
      for (const path of Array.isArray(group?.paths) ? group.paths : []) {
        if (typeof path === 'string' && /^[\w][\w.-]*$/.test(path)) names.add(path);
      }
    }
  } catch {
    return [];
  }
  return [...names].slice(0, 1000);
}

async function gather(path: string): Promise<NamedFile[]> {
  const model = await readBounded(path, maxFileBytes);
  const files: NamedFile[] = [{ name: basename(path), bytes: model }];
  const folder = dirname(path);
  let total = model.length;
  for (const name of shardNames(model)) {
    const shard = join(folder, name);
    const real = await realpath(shard).catch(() => undefined);
    if (!real) continue;
    if (dirname(real) !== (await realpath(folder))) {
      return refuseFile('A weight file lies outside of the folder of its model; copy it there.');
    }
    const bytes = await readBounded(shard, maxFileBytes - total);
    total += bytes.length;
    files.push({ name, bytes });
  }
  return files;
}

function inThread(request: ImportRequest): Promise<ImportedModel> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(join(__dirname, 'import-worker.js'), {
      workerData: request,
      resourceLimits: { maxOldGenerationSizeMb: 1024 },
      // The HDF5 reader writes what it does not understand to the console: not into the log of Node-RED.
      stdout: true,
      stderr: true,
    });
    const timer = setTimeout(() => {
      reject(new RefusedError('model-file', 'Reading the model takes too long; the file is damaged or too large.'));
      void worker.terminate();
    }, PATIENCE);
    const fail = (): void => {
      clearTimeout(timer);
      reject(new RefusedError('model-file', 'Reading the model failed; the file is damaged or too large.'));
    };
    worker.once('message', (reply: ImportReply) => {
      clearTimeout(timer);
      if ('model' in reply) resolve(reply.model);
      else if (reply.code) reject(new RefusedError(reply.code, reply.message));
      else reject(new RefusedError('model-file', `The model cannot be read: ${reply.message}.`));
      void worker.terminate();
    });
    worker.once('error', fail);
    worker.once('exit', fail);
  });
}

/**
 * `source` is the path of a .keras, .h5, model.json or Keras JSON file, or its bytes (for a model.json with its weight
 * files after it). Throws RefusedError with a sentence that says what to do.
 */
export async function importModel(source: string | NamedFile[], wish: ImportWish = {}): Promise<ImportedModel> {
  const files = typeof source === 'string' ? await gather(source) : source;
  if (files.length === 0) return refuseFile('There is no file to read.');
  if (files.reduce((sum, { bytes }) => sum + bytes.length, 0) > maxFileBytes) {
    return refuseFile(`The files have more than ${maxFileBytes} bytes; use a smaller model.`);
  }
  return inThread({ files, wish });
}
