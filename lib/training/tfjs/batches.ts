/** Mini-batches in the order of the seed: one Fisher-Yates shuffle an epoch, as the core does it. */
import { inputSize, outputSize, targetWidth } from '../../model/shapes';
import { type Generator, generator } from '../../random/generator';
import type { Normalisation, TrainJob } from '../engine';

export interface Batch {
  count: number;
  features: Float32Array;
  targets: Float32Array;
  /** Class weights of the samples, or all 1. */
  weights: Float32Array;
  /** What a teacher says of the samples, n x outputs; absent: there is none. */
  taught?: Float32Array;
  /** Of the whole loss, what these samples as they are here have. */
  part: number;
}

/** (x - mean) / std of the rows from `first`, in a new array. */
export function normalised(
  features: Float32Array,
  rows: ArrayLike<number>,
  width: number,
  normalisation: Normalisation | undefined,
): Float32Array {
  const out = new Float32Array(rows.length * width);
  const mean = normalisation && Float32Array.from(normalisation.mean);
  const std = normalisation && Float32Array.from(normalisation.std);
  for (let i = 0; i < rows.length; i++) {
    const row = features.subarray(rows[i] * width, (rows[i] + 1) * width);
    if (!mean || !std) out.set(row, i * width);
    else for (let j = 0; j < width; j++) out[i * width + j] = Math.fround(row[j] - mean[j]) / std[j];
  }
  return out;
}

/** `width` numbers of each of the rows, in a new array. */
function gathered(values: Float32Array, rows: ArrayLike<number>, width: number): Float32Array {
  const out = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) out.set(values.subarray(rows[i] * width, (rows[i] + 1) * width), i * width);
  return out;
}

export interface Batches {
  /** Batches of one epoch. */
  perEpoch: number;
  /** An epoch in an order of its own: each call shuffles on. */
  shuffled(): Iterable<Batch>;
  /** The samples in their own order. */
  inOrder(): Iterable<Batch>;
}

export interface BatchesOf extends Pick<TrainJob, 'spec' | 'samples' | 'normalisation' | 'soft'> {
  options: Pick<TrainJob['options'], 'batchSize' | 'classWeights' | 'seed'>;
}

export function batchesOf({ spec, samples, options, normalisation, soft }: BatchesOf): Batches {
  const { batchSize, classWeights } = options;
  const width = inputSize(spec);
  const targets = targetWidth(spec);
  const outputs = outputSize(spec);
  const order = Uint32Array.from({ length: samples.count }, (_, i) => i);
  const random: Generator = generator(options.seed, 'shuffle');

  function* batches(): Iterable<Batch> {
    for (let start = 0; start < order.length; start += batchSize) {
      const rows = order.subarray(start, Math.min(order.length, start + batchSize));
      const features = normalised(samples.features, rows, width, normalisation);
      const wanted = gathered(samples.targets, rows, targets);
      const weights = new Float32Array(rows.length).fill(1);
      if (classWeights) for (let i = 0; i < rows.length; i++) weights[i] = classWeights[wanted[i]] ?? 1;
      yield {
        count: rows.length,
        features,
        targets: spec.task === 'anomaly' ? features : wanted,
        weights,
        ...(soft ? { taught: gathered(soft.probabilities, rows, outputs) } : {}),
        part: 1,
      };
    }
  }
  return {
    perEpoch: Math.ceil(samples.count / batchSize),
    shuffled() {
      for (let i = order.length - 1; i > 0; i--) {
        const j = random.below(i + 1);
        const item = order[i];
        order[i] = order[j];
        order[j] = item;
      }
      return batches();
    },
    inOrder() {
      order.forEach((_, i) => {
        order[i] = i;
      });
      return batches();
    },
  };
}
