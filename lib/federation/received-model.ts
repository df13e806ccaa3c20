/** A model message as a participant uses it. */
import { inputSize } from '../model';
import { RefusedError } from '../refused';
import { limits } from '../update/limits';
import type { Message, ModelHeader } from '../update/message';
import { allFinite, normOf, readVector } from '../update/vector';
import type { FederatedModel } from './federated-model';
import type { GlobalModel } from './learner';
import { vectorsBehind } from './local/rule';

export interface ReceivedModel {
  global: GlobalModel;
  /** Vectors of the model's length that came behind it. */
  further: Float32Array[];
}

/**
 * The model that came, in memory of its own that a worker can share, and the vectors that its local rule has behind it.
 * Throws RefusedError when it is of no use.
 */
export function receivedModel({ fl, payload }: Message<ModelHeader>, model: FederatedModel): ReceivedModel {
  if (fl.codecs.length > 0) {
    throw new RefusedError(
      'model-codecs',
      'A model must come as it is: put fl-quantize and the like behind the clients, not in front of them.',
    );
  }
  const { size } = model.layout;
  const count = fl.local ? vectorsBehind(fl.local) : 0;
  if (payload.length !== 4 * size * (1 + count)) {
    throw new RefusedError('wrong-tensors', 'The model that came has another size than the fl-model of this client.');
  }
  const width = inputSize(model.spec);
  const { normalisation } = fl;
  if (normalisation && (normalisation.mean.length !== width || normalisation.std.length !== width)) {
    throw new RefusedError(
      'wrong-features',
      `The model that came normalises other features than the ${width} of this client.`,
    );
  }
  const all = readVector(payload, size * (1 + count));
  if (!allFinite(all)) {
    throw new RefusedError('not-finite', 'The model that came holds NaN or infinity: reset the federation.');
  }
  const weights = new Float32Array(new SharedArrayBuffer(4 * size));
  weights.set(all.subarray(0, size));
  const further = Array.from({ length: count }, (_, i) => all.slice((1 + i) * size, (2 + i) * size));
  const most = limits.timesTheModel * Math.max(1, normOf(weights));
  if (further.some((vector) => normOf(vector) > most)) {
    throw new RefusedError('norm-bound', 'A vector behind the model that came is absurdly long: reset the federation.');
  }
  const { value: threshold, quantile } = fl.threshold ?? {};
  const known = {
    ...(threshold === undefined ? {} : { threshold }),
    ...(quantile === undefined ? {} : { quantile }),
  };
  return { global: { weights, normalisation, round: fl.round, ...known }, further };
}
