/** One participant's part of a round: from the global model and its own samples to the difference that it sends. */
import { inputSize } from '../model';
import { streamSeed } from '../random/generator';
import { RefusedError } from '../refused';
import type { SampleBlock, TrainJob, TrainResult } from '../training/engine';
import type { Message, ModelHeader, UpdateHeader } from '../update/message';
import { readVector } from '../update/vector';
import type { FederatedModel } from './federated-model';

export interface TrainControl {
  signal: AbortSignal;
  /** From 0 to 1. */
  onProgress(fraction: number): void;
}

export type Train = (job: TrainJob, control: TrainControl) => Promise<TrainResult>;

export interface LocalUpdate {
  /** local - global, one float32 each. */
  change: Float32Array;
  samples: number;
  metrics: NonNullable<UpdateHeader['metrics']>;
}

/** The model that came, in memory of its own that a worker can share. Throws RefusedError when it is of no use. */
export function globalWeights({ fl, payload }: Message<ModelHeader>, model: FederatedModel): Float32Array {
  if (fl.codecs.length > 0) {
    throw new RefusedError(
      'model-codecs',
      'A model must come as it is: put fl-quantize and the like behind the clients, not in front of them.',
    );
  }
  if (payload.length !== 4 * model.layout.size) {
    throw new RefusedError('wrong-tensors', 'The model that came has another size than the fl-model of this client.');
  }
  const width = inputSize(model.spec);
  if (fl.normalisation && (fl.normalisation.mean.length !== width || fl.normalisation.std.length !== width)) {
    throw new RefusedError(
      'wrong-features',
      `The model that came normalises other features than the ${width} of this client.`,
    );
  }
  const weights = new Float32Array(new SharedArrayBuffer(payload.length));
  weights.set(readVector(payload, model.layout.size));
  if (!weights.every(Number.isFinite)) {
    throw new RefusedError('not-finite', 'The model that came holds NaN or infinity: reset the federation.');
  }
  return weights;
}

const finiteOnly = (metrics: { [K in keyof LocalUpdate['metrics']]-?: number }): LocalUpdate['metrics'] =>
  Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)));

/** Rejects with what the training rejects with, or with RefusedError 'not-finite' when it has diverged. */
export async function trainLocally(
  { model, client, train }: { model: FederatedModel; client: string; train: Train },
  fl: ModelHeader,
  weights: Float32Array,
  samples: SampleBlock,
  control: TrainControl,
): Promise<LocalUpdate> {
  // Each round and each client draws its own order of the samples.
  const options = { ...fl.training, seed: streamSeed(fl.training.seed, fl.round, client) };
  const job: TrainJob = { spec: model.spec, weights, samples, normalisation: fl.normalisation, options };
  const result = await train(job, control);
  const change = new Float32Array(weights.length);
  for (let i = 0; i < change.length; i++) change[i] = result.weights[i] - weights[i];
  if (!change.every(Number.isFinite)) {
    throw new RefusedError('not-finite', 'The training has diverged: lower the learning rate or scale the inputs.');
  }
  const { loss, firstLoss, steps, durationMs } = result;
  return { change, samples: samples.count, metrics: finiteOnly({ loss, firstLoss, steps, durationMs }) };
}
