/** Good messages of a small federation, made by hand: what the nodes between client and aggregator pass on. */
import type { ModelHeader, TensorSizes, UpdateHeader } from '../../lib/update/message';

/** A dense layer of 4 to 3 and one of 3 to 2, each with its bias. */
export const TENSORS: TensorSizes = [
  [12, 3],
  [3, 3],
  [6, 2],
  [2, 2],
];
export const SIZE = 23;
export const FINGERPRINT = 'ab'.repeat(32);

export function floats(values: ArrayLike<number>): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (let i = 0; i < values.length; i++) bytes.writeFloatLE(values[i], 4 * i);
  return bytes;
}

export const numbersOf = (payload: Buffer): number[] =>
  Array.from({ length: payload.length / 4 }, (_, i) => payload.readFloatLE(4 * i));

/** Values that differ, from -1 to 1. */
export const wave = (length = SIZE, scale = 1): number[] => Array.from({ length }, (_, i) => Math.sin(i + 1) * scale);

export type UpdateMessage = { payload: Buffer; fl: UpdateHeader; [key: string]: unknown };

export function update(values: ArrayLike<number> = wave(), header: Partial<UpdateHeader> = {}): UpdateMessage {
  return {
    payload: floats(values),
    fl: {
      kind: 'update',
      federation: 'factory',
      model: FINGERPRINT,
      round: 1,
      attempt: 'a1',
      client: 'plant-1',
      samples: 10,
      codecs: [],
      tensors: TENSORS,
      expected: 5,
      deadlineMs: 60000,
      ...header,
    },
  };
}

export function modelMessage(
  weights: ArrayLike<number>,
  header: Partial<ModelHeader> = {},
): { payload: Buffer; fl: ModelHeader } {
  return {
    payload: floats(weights),
    fl: {
      kind: 'model',
      federation: 'factory',
      model: FINGERPRINT,
      round: 1,
      attempt: 'a1',
      cohort: 'all',
      deadlineMs: 60000,
      quorum: 1,
      training: { epochs: 1, batchSize: 16, optimizer: 'sgd', learningRate: 0.05, seed: 1 },
      tensors: TENSORS,
      codecs: [],
      ...header,
    },
  };
}
