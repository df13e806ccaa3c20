/** TRAIN of docs/board-protocol.md: a training, or what the rows say of the weights in use, as bytes. */
import { streamSeed } from '../random/generator';
import { RefusedError } from '../refused';
import type { TrainingOptions } from '../training/engine';
import { wholeEvasion } from '../training/evasion-options';
import type { BoardJob } from './board';
import { type Blob, keyOf } from './wanted';
import { f32, f64, u8, u16, u32 } from './wire';

/** Control, then anchor; absent: the training has none. */
export type Vectors = readonly [control: Blob | undefined, anchor: Blob | undefined];

/** What a job makes of the rows. */
export const works = { train: 0, 'start-loss': 1, 'start-gradient': 2 } as const;
export type Work = keyof typeof works;

/** [first, how many] numbers of the weights that do not learn. */
export type Frozen = readonly (readonly [number, number])[];

export interface TrainRequest extends Pick<BoardJob, 'key' | 'options' | 'bits'> {
  work: Work;
  /** Rows of a batch, or of a chunk of a full one. */
  batch: number;
  vectors: Vectors;
  frozen: Frozen;
}

const optimizers = ['sgd', 'momentum', 'adam'];
const attacks = { fgsm: 1, pgd: 2 } as const;
const ADAM = [0.9, 0.999, 1e-7];
const FULL_BATCH = 4;
/** The first version with more than plain training. */
const TERMS_VERSION = 2;

/** Each option, and whether a board of version 1 has it. A new one is told of here, or it would be left out unseen. */
const optionVersions: Record<keyof TrainingOptions, 1 | 2> = {
  epochs: 1,
  batchSize: 1,
  optimizer: 1,
  learningRate: 1,
  momentum: 1,
  l2: 1,
  clipNorm: 1,
  classWeights: 1,
  seed: 1,
  maxSteps: 1,
  proximal: 2,
  fullBatch: 2,
  focalGamma: 2,
  adversarial: 2,
  lipschitz: 2,
};

const isPlain = (options: TrainingOptions): boolean =>
  Object.entries(options).every(([name, value]) => !value || optionVersions[name as keyof TrainingOptions] === 1);

/** Throws RefusedError 'board-firmware' when a board of this version of the protocol does not know `more`. */
export function checkVersion(protocol: number, more: boolean): void {
  if (protocol >= TERMS_VERSION || !more) return;
  throw new RefusedError(
    'board-firmware',
    'The firmware of this board knows plain training only, without terms of a strategy: flash the newest one, or choose FedAvg.',
  );
}

export const isMore = ({ options, work, vectors, frozen }: Omit<TrainRequest, 'batch'>): boolean =>
  !isPlain(options) || work !== 'train' || vectors.some(Boolean) || frozen.length > 0;

function attackBytes({ adversarial, seed }: TrainingOptions): Buffer {
  if (!adversarial) return Buffer.concat([u8(0), u32(0), f64(0, 0, 0), u32(0)]);
  const { method, steps, epsilon, stepSize } = wholeEvasion(adversarial);
  const { share = 0.5 } = adversarial;
  return Buffer.concat([
    u8(attacks[method]),
    u32(steps),
    f64(epsilon, stepSize, share),
    u32(streamSeed(seed, 'adversary')),
  ]);
}

/** `protocol`: of the board. A version 1 message has no more than plain training. */
export function trainBody(request: TrainRequest, protocol: number): Buffer {
  const { key, bits, options, work, batch, vectors, frozen } = request;
  const word = (value: number): number => Math.min(value, 0x7fffffff);
  const { epochs, maxSteps = 0, seed, learningRate, momentum = 0.9, l2 = 0, clipNorm = 0, proximal = 0 } = options;
  const { classWeights = [], focalGamma = 0, lipschitz = 0 } = options;
  const flags = vectors.reduce((sum, blob, k) => sum + (blob ? 1 << k : 0), options.fullBatch ? FULL_BATCH : 0);
  const plain = [
    Buffer.from(key, 'hex'),
    Buffer.of(bits, optimizers.indexOf(options.optimizer), flags, works[work]),
    u32(word(epochs), batch, word(maxSteps), streamSeed(seed, 'shuffle')),
    f64(learningRate, momentum, ...ADAM, l2, clipNorm, proximal),
    u16(classWeights.length),
    f32(classWeights),
  ];
  if (protocol < TERMS_VERSION) return Buffer.concat(plain);
  return Buffer.concat([
    ...plain,
    f64(focalGamma, lipschitz),
    attackBytes(options),
    u8(frozen.length),
    ...frozen.map((range) => u32(...range)),
    ...vectors.flatMap((blob) => (blob ? [Buffer.from(keyOf(blob), 'hex')] : [])),
  ]);
}
