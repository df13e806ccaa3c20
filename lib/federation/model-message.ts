/** The message that brings the model to the clients, and says what they are asked to do with it. */
import { toldOf } from '../privacy/central';
import type { Message, ModelHeader, SecureSettings } from '../update/message';
import { joinVectors, vectorPayload } from '../update/vector';
import type { Learned } from './checkpoint';
import { type FederatedModel, tensorSizes } from './federated-model';
import { keepsVector, vectorsBehind } from './local/rule';
import type { FederationOptions } from './options';
import { weighted } from './round-zero';
import { createSampler } from './samplers';
import { trainingAt } from './schedule';
import { settledOf } from './settlement';
import type { Audience, Strategy } from './strategies/strategy';
import { thresholdTold } from './threshold';
import { reachOf } from './timing/options';

export interface Request {
  cohort: string[];
  round: number;
  attempt: string;
  /** How many updates each of the cohort has made of this model already. */
  turn?: number;
  /** How updates are masked; absent: they are not. */
  secure?: SecureSettings;
}

export interface MessageParts {
  federation: string;
  model: FederatedModel;
  options: FederationOptions;
  strategy: Strategy;
}

/** A message for each audience; `vectors`: how many are in it, the model is the first. */
export function modelMessages(
  parts: MessageParts,
  learned: Learned,
  { cohort, ...asked }: Request,
): { message: Message<ModelHeader & { cohort: string[] }>; vectors: number }[] {
  const { strategy } = parts;
  const { weights, strategyState } = learned;
  const audiences: Audience[] = strategy.groups?.audiences(strategyState, weights, cohort) ?? [
    { cohort, vectors: [weights, ...(strategy.broadcast?.(strategyState) ?? [])] },
  ];
  return audiences.map((audience) => messageTo(parts, learned, asked, audience));
}

/** What goes out may be changed by strangers: all of it is copied. */
function messageTo(
  { federation, model, options, strategy }: MessageParts,
  { normalisation, labelCounts, threshold, groupThresholds, settlement, central }: Learned,
  { round, attempt, turn, secure }: Omit<Request, 'cohort'>,
  { cohort, vectors, group }: Audience,
): ReturnType<typeof modelMessages>[number] {
  const { deadlineMs, quorum } = options;
  const { local } = strategy;
  const { sending } = options;
  // The fall of the loss is measured from the model as it comes.
  const needsLoss = createSampler(options.sampler).needsLoss || sending?.name === 'loss';
  const startLoss = strategy.startLoss || needsLoss ? true : undefined;
  const maxStaleness = reachOf(options.timing);
  const told = { group, models: vectors.length };
  const fl: ModelHeader & { cohort: string[] } = {
    kind: 'model',
    federation,
    model: model.fingerprint,
    round,
    attempt,
    cohort,
    deadlineMs,
    quorum,
    training: { ...weighted(trainingAt(options, round), options.classWeighting, labelCounts), ...strategy.training },
    ...(group === undefined ? {} : { group }),
    // The model of one group alone, to be used, has nothing behind it.
    ...(local && vectors.length === 1 + vectorsBehind(local) ? { local: { ...local } } : {}),
    ...(keepsVector(local) || settlement.size > 0 ? { settled: settledOf(settlement, cohort) } : {}),
    ...(startLoss ? { startLoss } : {}),
    ...(maxStaleness > 0 ? { maxStaleness } : {}),
    ...(turn ? { turn } : {}),
    ...(sending ? { sending: { ...sending } } : {}),
    ...(secure ? { secure: { ...secure } } : {}),
    ...(normalisation ? { normalisation: structuredClone(normalisation) } : {}),
    ...(options.threshold ? { threshold: thresholdTold(options.threshold, threshold, groupThresholds, told) } : {}),
    ...(central && cohort.length > 0 ? { central: toldOf(central) } : {}),
    tensors: tensorSizes(model.layout, vectors.length),
    codecs: [],
  };
  return { message: { fl, payload: vectorPayload(joinVectors(vectors)) }, vectors: vectors.length };
}
