/** Learning on the gateway itself: its samples lie in a bank here, and an engine trains on them. */
import { labelCountsOf } from '../data/label-counts';
import { refuseConsensus } from '../model/consensus';
import type { ModelSpec } from '../model/spec';
import { RefusedError } from '../refused';
import type { SampleBlock, TrainJob, TrainResult } from '../training/engine';
import { allFinite, vectorPayload } from '../update/vector';
import { type Learner, type LearningControl, learningMetrics } from './learner';

/** What it needs of a sample bank. */
export interface Samples {
  readonly count: number;
  /** Stays as it is while it is trained on. */
  block(): SampleBlock;
  /** [count, sums, sums of squares] of the features. */
  statistics(): Float64Array;
}

export type Train = (job: TrainJob, control: LearningControl) => Promise<TrainResult>;

export interface GatewayParts {
  model: { spec: ModelSpec };
  bank: Samples;
  train: Train;
}

/** Throws RefusedError 'consensus' without a network. Its learn() rejects with what `train` rejects with, or with RefusedError 'not-finite' when the training has diverged. */
export function gatewayLearner({ model, bank, train }: GatewayParts): Learner {
  refuseConsensus(model.spec);
  return {
    get count() {
      return bank.count;
    },
    statistics: () => bank.statistics(),
    labelCounts: (classes) => labelCountsOf(bank.block(), classes),
    async lossOf({ round: _, control: __, anchor: ___, ...task }, patience) {
      const look = { options: { ...task.options, maxSteps: 0 }, atStart: { loss: true } };
      const job: TrainJob = { spec: model.spec, samples: bank.block(), ...task, ...look };
      const { startLoss } = await train(job, { ...patience, onProgress() {} });
      return startLoss ?? Number.NaN;
    },
    async learn({ round: _, ...task }, control) {
      const { weights } = task;
      const samples = bank.block();
      const result = await train({ spec: model.spec, samples, ...task }, control);
      const change = new Float32Array(weights.length);
      for (let i = 0; i < change.length; i++) change[i] = result.weights[i] - weights[i];
      if (!allFinite(change)) {
        throw new RefusedError('not-finite', 'The training has diverged: lower the learning rate or scale the inputs.');
      }
      return {
        payload: vectorPayload(change),
        codecs: [],
        samples: samples.count,
        metrics: learningMetrics(result),
        ...(result.startGradient ? { startGradient: result.startGradient } : {}),
      };
    },
  };
}
