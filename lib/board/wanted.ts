/** What a board is to hold, in the words of the protocol. */
import { createHash } from 'node:crypto';
import { missing, programOf } from '../core/program';
import type { Layout } from '../model/layout';
import { inputSize, outputSize, targetWidth } from '../model/shapes';
import { RefusedError } from '../refused';
import type { Normalisation } from '../training/engine';
import type { BoardModel } from './board';
import { type LoadRequest, loadBody, loadFlags, weightsTransfer } from './commands';
import { f32 } from './wire';

export interface Blob {
  sha256: string;
  flags: number;
  bytes: Uint8Array;
}

export interface WantedModel {
  model: BoardModel;
  load: LoadRequest;
  body: Buffer;
  backbone?: Blob;
  inputs: number;
  outputs: number;
  parameters: number;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The name of a blob in STATUS. */
export const keyOf = ({ sha256 }: Blob): string => sha256.slice(0, 16);

const SLOTS = { sgd: 0, momentum: 1, adam: 2 };

/** Rows of a chunk of a full batch: its bits do not depend on it, and more of them take more memory. */
const CHUNK = 8;

/** Rows that are trained on at once: no more than there is room for (0: as many as fit). */
export function batchOf({ batchSize, fullBatch }: BoardModel['training'], rows: number): number {
  const batch = fullBatch ? Math.min(batchSize, CHUNK) : batchSize;
  return rows > 0 ? Math.min(batch, rows) : batch;
}

/** `rows`: room for so many; 0: as many as fit. Throws RefusedError 'model' for what the core cannot train. */
export function wantedModel(model: BoardModel, rows: number): WantedModel {
  const { spec, training, backbone, vectors } = model;
  const lacks = missing(spec);
  if (lacks.length > 0) throw new RefusedError('model', lacks[0]);
  const batch = batchOf(training, rows);
  const program = programOf(spec, { batch, slots: SLOTS[training.optimizer], training: true });
  const flags =
    (backbone ? loadFlags.backbone : 0) |
    (vectors?.control ? loadFlags.control : 0) |
    (vectors?.anchor ? loadFlags.anchor : 0);
  const load = { key: '', flags, rows, targets: targetWidth(spec), program };
  const hash = createHash('sha256').update(model.fingerprint).update(loadBody(load));
  if (backbone) hash.update(sha256(backbone));
  load.key = hash.digest('hex').slice(0, 16);
  return {
    model,
    load,
    body: loadBody(load),
    backbone: backbone && { sha256: sha256(backbone), flags: 0, bytes: backbone },
    inputs: inputSize(spec),
    outputs: outputSize(spec),
    parameters: model.layout.size,
  };
}

/** Throws RefusedError 'weights', 'not-finite'. */
export function wantedWeights(
  { parameters, inputs }: WantedModel,
  weights: Float32Array,
  normalisation: Normalisation | undefined,
): Blob {
  if (weights.length !== parameters) {
    throw new RefusedError('weights', `The model has ${parameters} parameters, but ${weights.length} came.`);
  }
  if (normalisation && (normalisation.mean.length !== inputs || normalisation.std.length !== inputs)) {
    throw new RefusedError('weights', `The normalisation must be of ${inputs} features.`);
  }
  if (!weights.every(Number.isFinite)) throw new RefusedError('not-finite', 'The weights are not all finite.');
  const { flags, bytes } = weightsTransfer(weights, normalisation);
  return { sha256: sha256(bytes), flags, bytes };
}

/** A control vector or an anchor. Throws RefusedError 'job'. */
export function wantedVector({ parameters }: WantedModel, vector: Float32Array): Blob {
  if (vector.length !== parameters) {
    throw new RefusedError('job', `A vector of ${vector.length} numbers came for a model of ${parameters} parameters.`);
  }
  if (!vector.every(Number.isFinite)) throw new RefusedError('job', 'A vector of this training is not all finite.');
  const bytes = f32(vector);
  return { sha256: sha256(bytes), flags: 0, bytes };
}

/** [first, how many] numbers that do not learn, neighbours together. Throws RefusedError 'job'. */
export function frozenOf({ tensors }: Layout, trainable: readonly boolean[] | undefined): [number, number][] {
  if (!trainable) return [];
  if (trainable.length !== tensors.length) {
    throw new RefusedError('job', `Which tensors learn must be said of each of the ${tensors.length}.`);
  }
  const ranges: [number, number][] = [];
  for (const [i, { offset, size }] of tensors.entries()) {
    const last = ranges.at(-1);
    if (trainable[i]) continue;
    if (last && last[0] + last[1] === offset) last[1] += size;
    else ranges.push([offset, size]);
  }
  return ranges;
}
