/**
 * A client whose loss is F(w) = 1/2 (w - m)' A (w - m), in float64: what each method should do to it can be written down.
 * Understands the terms of a training that the methods use.
 */
import { federatedModel, type Learner, type LearningTask, type LocalUpdate } from '../../../../lib/federation';
import { vectorPayload } from '../../../../lib/update/vector';

/** Nine numbers: dense_1 has 4 + 2, dense_2 has 2 + 1. */
export const nine = federatedModel(
  {
    version: 1,
    task: 'regress',
    input: [2],
    layers: [
      { type: 'dense', units: 2, activation: 'linear' },
      { type: 'dense', units: 1, activation: 'linear' },
    ],
    loss: 'mean_squared_error',
    seed: 5,
  },
  'none',
);

export const size = 9;

/** A as rows. */
export type Matrix = number[][];

export const diagonal = (...values: number[]): Matrix =>
  values.map((value, i) => values.map((_, j) => (i === j ? value : 0)));

export const gradientOf = (a: Matrix, m: number[], w: ArrayLike<number>): number[] =>
  a.map((row) => row.reduce((sum, value, j) => sum + value * (w[j] - m[j]), 0));

export function quadraticLearner(a: Matrix, m: number[], asked: LearningTask[] = []): Learner {
  return {
    count: 10,
    statistics: () => Float64Array.of(10),
    async learn(task) {
      asked.push(task);
      const { weights, options, anchor = weights, control, trainable } = task;
      const learns = nine.layout.tensors.flatMap(({ size: n }, i) => new Array(n).fill(trainable?.[i] ?? true));
      const w = Float64Array.from(weights);
      const steps = Math.min(options.epochs, options.maxSteps ?? Number.POSITIVE_INFINITY);
      for (let step = 0; step < steps; step++) {
        const gradient = gradientOf(a, m, w);
        for (let i = 0; i < w.length; i++) {
          const all = gradient[i] + (options.proximal ?? 0) * (w[i] - anchor[i]) + (control?.[i] ?? 0);
          if (learns[i]) w[i] -= options.learningRate * all;
        }
      }
      const change = Float32Array.from(w, (value, i) => value - weights[i]);
      return { payload: vectorPayload(change), codecs: [], samples: 10, metrics: { loss: 1, steps } };
    },
  };
}

export const taskOf = (
  weights: Float32Array,
  change: Partial<LearningTask['options']> = {},
  round = 1,
): LearningTask => ({
  round,
  weights,
  options: { epochs: 1, batchSize: 10, optimizer: 'sgd', learningRate: 0.1, seed: 7, ...change },
});

export const patience = { signal: new AbortController().signal, deadlineMs: 1000, onProgress: () => {} };

/** local - global of an update with all its tensors. */
export const changeOf = ({ payload }: LocalUpdate): Float32Array =>
  new Float32Array(payload.buffer.slice(payload.byteOffset, payload.byteOffset + payload.length));
