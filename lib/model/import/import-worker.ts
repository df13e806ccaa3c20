/** Reads one model in a thread of its own, which import-model.ts ends when it takes too long. */
import { parentPort, workerData } from 'node:worker_threads';
import { readModel } from './read-model';
import { refuseFile } from './refuse-file';
import type { ImportReply, ImportRequest } from './worker-messages';

const { files, wish }: ImportRequest = workerData;
const byName = new Map(files.map(({ name, bytes }) => [name, bytes]));
let reply: ImportReply;
try {
  const shard = (name: string): Uint8Array =>
    byName.get(name) ?? refuseFile(`The weight file ${name} is missing; give it together with the model.json.`);
  reply = { model: readModel(files[0].bytes, shard, wish) };
} catch (error) {
  reply =
    error instanceof Error && 'code' in error && typeof error.code === 'string'
      ? { code: error.code, message: error.message }
      : { message: error instanceof Error ? error.message : String(error) };
}
parentPort?.postMessage(reply);
