/** A personal model as a message: for use on the gateway of its client, never for a round. */
import type { Message, ModelHeader } from '../../update/message';
import { vectorPayload } from '../../update/vector';
import { type FederatedModel, tensorSizes } from '../federated-model';
import type { PersonalModel } from './personal-learner';

export interface Owner {
  federation: string;
  client: string;
  model: Pick<FederatedModel, 'fingerprint' | 'layout'>;
}

export const personalMessage = (
  { weights, normalisation, round, options, final, quantile, threshold, thresholdSamples }: PersonalModel,
  { federation, client, model }: Owner,
): Message<ModelHeader> => ({
  fl: {
    kind: 'model',
    federation,
    model: model.fingerprint,
    round,
    attempt: 'personal',
    // As in the messages of the aggregator, an empty one tells that it is the last.
    cohort: final ? [] : [client],
    deadlineMs: 0,
    quorum: 0,
    training: options,
    ...(normalisation ? { normalisation } : {}),
    ...(quantile === undefined || threshold === undefined
      ? {}
      : { threshold: { quantile, value: threshold, samples: thresholdSamples, round } }),
    tensors: tensorSizes(model.layout),
    codecs: [],
    personal: client,
  },
  payload: vectorPayload(weights),
});
