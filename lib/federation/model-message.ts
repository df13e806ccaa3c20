/** The message that brings the model to the clients, and says what they are asked to do with it. */
import type { Message, ModelHeader } from '../update/message';
import { joinVectors, vectorPayload } from '../update/vector';
import type { Learned } from './checkpoint';
import { type FederatedModel, tensorSizes } from './federated-model';
import type { FederationOptions } from './options';
import { weighted } from './round-zero';
import { settledOf } from './settlement';
import type { Strategy } from './strategies/strategy';

export interface Request {
  cohort: string[];
  round: number;
  attempt: string;
}

export interface MessageParts {
  federation: string;
  model: FederatedModel;
  options: FederationOptions;
  strategy: Strategy;
}

/** What goes out may be changed by strangers: all of it is copied. `vectors`: how many are in it, the model is the first. */
export function modelMessage(
  { federation, model, options, strategy }: MessageParts,
  { weights, normalisation, labelCounts, strategyState, settlement }: Learned,
  { cohort, round, attempt }: Request,
): { message: Message<ModelHeader>; vectors: number } {
  const vectors = [weights, ...(strategy.broadcast?.(strategyState) ?? [])];
  const { deadlineMs, quorum, training } = options;
  const { local, startLoss } = strategy;
  const fl: ModelHeader = {
    kind: 'model',
    federation,
    model: model.fingerprint,
    round,
    attempt,
    cohort,
    deadlineMs,
    quorum,
    training: { ...weighted(training, options.classWeighting, labelCounts), ...strategy.training },
    ...(local ? { local: { ...local }, settled: settledOf(settlement, cohort) } : {}),
    ...(startLoss ? { startLoss } : {}),
    ...(normalisation ? { normalisation: structuredClone(normalisation) } : {}),
    tensors: tensorSizes(model.layout, vectors.length),
    codecs: [],
  };
  return { message: { fl, payload: vectorPayload(joinVectors(vectors)) }, vectors: vectors.length };
}
