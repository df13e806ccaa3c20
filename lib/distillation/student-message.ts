/** A student as a message: whoever uses models takes it as it takes those of the aggregator. */
import { type FederatedModel, tensorSizes } from '../federation/federated-model';
import type { Normalisation, TrainingOptions } from '../training/engine';
import type { Message, ModelHeader } from '../update/message';
import { vectorPayload } from '../update/vector';

export interface StudentOf {
  federation: string;
  /** Rounds of training in its teacher. */
  trained: number;
  /** Its teacher was the last. */
  final: boolean;
  /** The client whose own model its teacher is. */
  personal?: string;
}

export interface Student {
  model: Pick<FederatedModel, 'fingerprint' | 'layout'>;
  weights: Float32Array;
  normalisation?: Normalisation;
  options: TrainingOptions;
}

/** Nobody is asked to train on it: its cohort is empty, or names `by`, who made it, while better ones will follow. */
export const studentMessage = (
  { model, weights, normalisation, options }: Student,
  { federation, trained, final, personal }: StudentOf,
  by: string,
): Message<ModelHeader> => ({
  fl: {
    kind: 'model',
    federation,
    model: model.fingerprint,
    round: trained + 1,
    attempt: 'student',
    cohort: final ? [] : [by],
    deadlineMs: 0,
    quorum: 0,
    training: options,
    ...(normalisation ? { normalisation } : {}),
    tensors: tensorSizes(model.layout),
    codecs: [],
    ...(personal === undefined ? {} : { personal }),
  },
  payload: vectorPayload(weights),
});
