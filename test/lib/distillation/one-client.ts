/** One client of a federation of predictions on a few rows, and all that it does with its engine. */
import {
  consensusModel,
  type DistillParts,
  distillLearner,
  distillOptions,
  type OwnNetwork,
  publicRows,
} from '../../../lib/distillation';
import { federatedModel, type LearningTask } from '../../../lib/federation';
import { type ModelSpec, parseSpec } from '../../../lib/model';
import { generator } from '../../../lib/random/generator';
import type { RefusedError } from '../../../lib/refused';
import { createCoreEngine } from '../../../lib/training/core/engine';
import type { PredictJob, TrainJob } from '../../../lib/training/engine';
import { bankOf } from './federation';

export const labels = ['a', 'b', 'c'];
const random = generator(6, 'distill');
export const block = (count: number, width: number, classes = 3) => ({
  features: Float32Array.from({ length: count * width }, () => 3 + 2 * random.normal()),
  targets: Float32Array.from({ length: count }, () => random.below(classes)),
  count,
});
export const rows = publicRows(block(20, 2), 2);
export const own = block(30, 2);
export const consensus = consensusModel({ digest: rows.digest, rows: 20, labels });
export const dense = (units: number, activation: string) => ({ type: 'dense', units, activation });
export const spec = (change: Record<string, unknown> = {}): ModelSpec =>
  parseSpec({ task: 'classify', input: [2], layers: [dense(5, 'tanh'), dense(3, 'softmax')], labels, ...change });
export const network = federatedModel(spec());
export const engine = createCoreEngine();
export const options = { epochs: 3, batchSize: 8, optimizer: 'sgd', learningRate: 0.1, seed: 4 } as const;
export const says = (seed: number): Float32Array => {
  const numbers = generator(seed, 'says');
  return Float32Array.from({ length: 60 }, () => 2 * numbers.normal());
};
export const taskOf = (round: number, weights = round === 1 ? new Float32Array(60) : says(round)): LearningTask => ({
  round,
  weights,
  options: { ...options, seed: 100 + round },
});
export const calm = { signal: new AbortController().signal, deadlineMs: 1000, onProgress() {} };

export interface Watched {
  jobs: TrainJob[];
  asked: PredictJob[];
  made: OwnNetwork[];
  trouble: RefusedError[];
}

export function make(change: Partial<DistillParts> = {}) {
  const seen: Watched = { jobs: [], asked: [], made: [], trouble: [] };
  const learner = distillLearner({
    consensus,
    network,
    rows: () => rows,
    bank: bankOf(own),
    train(job, { onProgress }) {
      seen.jobs.push(job);
      onProgress(0.5);
      return engine.train(job);
    },
    predict(job) {
      seen.asked.push(job);
      return engine.predict(job);
    },
    options: distillOptions({ temperature: 3, digestEpochs: 7 }),
    onNetwork: (one) => seen.made.push(one),
    onTrouble: (one) => seen.trouble.push(one),
    ...change,
  });
  return { ...seen, learner };
}
