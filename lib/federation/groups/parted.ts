/** A model message of a federation with groups, as plain model messages, one for each group whose model is in it. */
import { RefusedError } from '../../refused';
import type { Message, ModelHeader } from '../../update/message';
import { readVector, vectorPayload, vectorSize } from '../../update/vector';
import { thresholdOfGroup } from '../threshold';

export interface Parted {
  group: number;
  /** As a federation without groups would have sent it: one vector, no word of groups. */
  message: Message<ModelHeader>;
}

/**
 * Of a federation without groups it gives the message as it is, for group 0. Empty: nobody's model, by which newcomers are
 * placed. Throws RefusedError 'wrong-tensors'.
 */
export function parted({ fl, payload }: Message<ModelHeader>): Parted[] {
  const { group, local, settled: _, ...plain } = fl;
  const { threshold } = fl;
  if (group !== undefined) return group < 0 ? [] : [{ group, message: { fl: plain, payload } }];
  if (local?.name !== 'ifca') return [{ group: 0, message: { fl, payload } }];
  const { groups } = local;
  const tensors = fl.tensors.slice(0, fl.tensors.length / groups);
  const size = vectorSize(tensors);
  if (fl.tensors.length % groups !== 0 || fl.codecs.length > 0 || payload.length !== 4 * size * groups) {
    throw new RefusedError(
      'wrong-tensors',
      `This message should hold the models of ${groups} groups and does not: wire it from fl-aggregator as it is.`,
    );
  }
  const all = readVector(payload, size * groups);
  return Array.from({ length: groups }, (_, i) => ({
    group: i,
    // A copy of its own: who holds one model shall not hold all of them.
    message: {
      fl: { ...plain, tensors: [...tensors], ...(threshold ? { threshold: thresholdOfGroup(threshold, i) } : {}) },
      payload: vectorPayload(all.slice(i * size, (i + 1) * size)),
    },
  }));
}
