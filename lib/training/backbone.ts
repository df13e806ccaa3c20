/**
 * Federated transfer learning: a frozen int8 network (.tflite) turns each sample into what the layers of the model learn
 * from. A board does the same with the same bits.
 */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { type Int8Network, openInt8 } from '../core/int8';
import type { BackboneSpec } from '../model/spec';
import { RefusedError } from '../refused';
import { abortError } from './abort';
import type { Progress } from './engine';

export interface EmbedJob {
  /** The .tflite file, and its SHA-256 in hexadecimal. */
  file: Uint8Array;
  sha256: string;
  /** n x inputs of the backbone. */
  features: Float32Array;
  count: number;
}

export interface EmbedResult {
  /** n x outputs of the backbone. */
  features: Float32Array;
}

/** What a specification says of this file. Throws RefusedError with one sentence when it cannot be a backbone. */
export function backboneOf(file: Uint8Array): BackboneSpec {
  const { inputSize, outputSize } = openInt8(file);
  return { sha256: createHash('sha256').update(file).digest('hex'), inputs: inputSize, outputs: outputSize };
}

/** Products between two looks at progress: some ms. */
const SLICE_PRODUCTS = 5e6;
/** Opened networks that are kept. */
const MOST_KEPT = 4;

/** Embeds the rows of job after job; keeps the networks that it has opened. */
export function createEmbedder(): (job: EmbedJob, progress?: Progress) => Promise<EmbedResult> {
  const kept = new Map<string, Int8Network>();

  const networkOf = ({ file, sha256 }: EmbedJob): Int8Network => {
    const network = kept.get(sha256) ?? openInt8(file);
    kept.delete(sha256);
    kept.set(sha256, network);
    if (kept.size > MOST_KEPT) kept.delete([...kept.keys()][0]);
    return network;
  };

  return async (job, progress) => {
    const { features, count } = job;
    const network = networkOf(job);
    const { inputSize, outputSize } = network;
    if (features.length !== count * inputSize) {
      throw new RefusedError(
        'feature-count',
        `The backbone takes ${inputSize} numbers a sample, but ${features.length} came for ${count}.`,
      );
    }
    const embedded = new Float32Array(count * outputSize);
    const rows = Math.max(1, Math.floor(SLICE_PRODUCTS / Math.max(1, network.products)));
    for (let row = 0; row < count; row += rows) {
      const end = Math.min(count, row + rows);
      embedded.set(network.predict(features.subarray(row * inputSize, end * inputSize), end - row), row * outputSize);
      if (progress && !progress(end, count)) throw abortError();
      if (end < count) await setImmediate();
    }
    return { features: embedded };
  };
}
