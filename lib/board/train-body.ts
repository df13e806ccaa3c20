/** TRAIN of docs/board-protocol.md: a training, or what the rows say of the weights in use, as bytes. */

import { streamSeed } from '../random/generator';
import { RefusedError } from '../refused';
import type { TrainingOptions } from '../training/engine';
import type { BoardJob } from './board';
import { type Blob, keyOf } from './wanted';
import { f32, f64, u16, u32 } from './wire';

/** Control, then anchor; absent: the training has none. */
export type Vectors = readonly [control: Blob | undefined, anchor: Blob | undefined];

/** What a job makes of the rows. */
export const works = { train: 0, 'start-loss': 1, 'start-gradient': 2 } as const;
export type Work = keyof typeof works;

export interface TrainRequest extends BoardJob {
  work: Work;
  /** Rows of a batch, or of a chunk of a full one. */
  batch: number;
  vectors: Vectors;
}

const optimizers = ['sgd', 'momentum', 'adam'];
const ADAM = [0.9, 0.999, 1e-7];
const FULL_BATCH = 4;
/** The first version with more than plain training. */
const TERMS_VERSION = 2;

/** Throws RefusedError 'board-firmware' for what a board of this version of the protocol does not know. */
export function checkVersion(protocol: number, { proximal, fullBatch }: Partial<TrainingOptions>, more: boolean): void {
  if (protocol >= TERMS_VERSION || !(proximal || fullBatch || more)) return;
  throw new RefusedError(
    'board-firmware',
    'The firmware of this board knows plain training only, no control or proximal terms: flash the newest one, or choose FedAvg.',
  );
}

export function trainBody({ key, bits, options, work, batch, vectors }: TrainRequest): Buffer {
  const word = (value: number): number => Math.min(value, 0x7fffffff);
  const { epochs, maxSteps = 0, seed, learningRate, momentum = 0.9, l2 = 0, clipNorm = 0, proximal = 0 } = options;
  const classWeights = options.classWeights ?? [];
  const named = vectors.flatMap((blob, k) => (blob ? [1 << k] : []));
  const flags = named.reduce((sum, bit) => sum + bit, options.fullBatch ? FULL_BATCH : 0);
  return Buffer.concat([
    Buffer.from(key, 'hex'),
    Buffer.of(bits, optimizers.indexOf(options.optimizer), flags, works[work]),
    u32(word(epochs), batch, word(maxSteps), streamSeed(seed, 'shuffle')),
    f64(learningRate, momentum, ...ADAM, l2, clipNorm, proximal),
    u16(classWeights.length),
    f32(classWeights),
    ...vectors.flatMap((blob) => (blob ? [Buffer.from(keyOf(blob), 'hex')] : [])),
  ]);
}
