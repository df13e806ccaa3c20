/** The newest global model, as the nodes that use it (and do not train it) take it from a 'model' message. */
import { RefusedError } from '../../lib/refused';
import type { Normalisation } from '../../lib/training/engine';
import { decodeAll } from '../../lib/update/codecs/registry';
import type { Header, Kind, TensorSizes } from '../../lib/update/message';
import { parseMessage } from '../../lib/update/validate';
import type { Model } from './model';
import type { FlowMessage } from './red';

export interface GlobalModel {
  federation: string;
  /** Rounds of training in it; 0: the first weights. */
  trained: number;
  /** Nobody is asked to train on it: the federation has ended or pauses. */
  final: boolean;
  /** May be a view of `payload`: not to be written. */
  weights: Float32Array;
  normalisation?: Normalisation;
  /** The reconstruction error above which a sample is an anomaly, when the federation knows one. */
  threshold?: number;
  /** The client whose own model it is; absent: that of the federation. */
  personal?: string;
  payload: Buffer;
}

/** True when the header says that it is of this kind. The rest of the header is not checked. */
export function isKind<K extends Kind>(
  msg: FlowMessage,
  kind: K,
): msg is FlowMessage & { fl: Extract<Header, { kind: K }> } {
  const { fl } = msg;
  return typeof fl === 'object' && fl !== null && 'kind' in fl && fl.kind === kind;
}

/**
 * Undefined when the message belongs to another federation than the one wanted ('': any). Throws RefusedError when the
 * message cannot be trusted, or is of another model ('fingerprint').
 */
export function receiveModel(msg: FlowMessage, model: Model, federation: string): GlobalModel | undefined {
  const { fl, payload } = parseMessage(msg);
  if (fl.kind !== 'model') throw new RefusedError('unknown-kind', 'This is no model message.');
  if (federation !== '' && fl.federation !== federation) return undefined;
  if (fl.model !== model.fingerprint) {
    const short = (fingerprint: string): string => fingerprint.slice(0, 8);
    throw new RefusedError(
      'fingerprint',
      `The model that arrived (fingerprint ${short(fl.model)}) is not the one chosen here (${short(model.fingerprint)}): choose the same fl-model in fl-aggregator and in this node.`,
    );
  }
  if (fl.group !== undefined || fl.local?.name === 'ifca') {
    throw new RefusedError(
      'grouped-model',
      'This federation has a model for each group of clients: put fl-cluster in between, and wire this node to one of its outputs.',
    );
  }
  const tensors: TensorSizes = model.layout.tensors.map(({ size, channels }) => [size, channels]);
  // A strategy may have vectors of the same length behind the model: they are not for those who use it.
  const vectors = Math.max(1, Math.floor(fl.tensors.length / tensors.length));
  const all = decodeAll(payload, fl.codecs, Array<TensorSizes>(vectors).fill(tensors).flat());
  const weights = all.subarray(0, model.layout.size);
  if (!weights.every(Number.isFinite)) {
    throw new RefusedError('not-finite', 'The model that arrived holds NaN or infinity: it was not taken.');
  }
  const { normalisation: own } = model;
  return {
    federation: fl.federation,
    trained: Math.max(0, fl.round - 1),
    final: Array.isArray(fl.cohort) && fl.cohort.length === 0,
    weights,
    normalisation: fl.normalisation ?? (typeof own === 'object' ? own : undefined),
    ...(fl.threshold?.value === undefined ? {} : { threshold: fl.threshold.value }),
    ...(fl.personal === undefined ? {} : { personal: fl.personal }),
    payload,
  };
}
