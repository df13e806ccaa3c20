/** The update that answers a model: what was learned, and what filters on the way need to know of the asking. */
import { RefusedError } from '../refused';
import type { Message, TensorSizes, UpdateHeader } from '../update/message';
import type { LocalUpdate } from './learner';
import { keepsVector } from './local/rule';
import type { Asked } from './work';

/** By which a client's own vector goes; 0: none has counted, or it keeps none. Throws RefusedError when it must be told and is not. */
export function settledFor({ local, settled }: Asked): number {
  if (!keepsVector(local)) return 0;
  const round = settled?.[0];
  if (round !== undefined) return round;
  throw new RefusedError(
    'header',
    'msg.fl.settled is missing: with msg.fl.local it must name a round for each client.',
  );
}

/** `tensors`: of all vectors of the update. What goes out may be changed by strangers: all of it is copied, but the payload. */
export function updateMessage(
  client: string,
  fl: Asked,
  { samples, group, codecs, metrics, anew, errors, payload }: LocalUpdate,
  tensors: TensorSizes,
): Message<UpdateHeader> {
  const { federation, model, round, attempt, expected, deadlineMs } = fl;
  const settled = fl.settled?.[0];
  return {
    fl: {
      kind: 'update',
      ...{ federation, model, round, client, attempt, samples },
      ...(group === undefined ? {} : { group }),
      codecs: structuredClone(codecs),
      tensors,
      expected,
      deadlineMs,
      ...(fl.central ? { central: structuredClone(fl.central) } : {}),
      ...(settled === undefined ? {} : { settled }),
      ...(anew ? { anew } : {}),
      metrics: { ...metrics },
      ...(errors ? { errors: [...errors] } : {}),
    },
    payload,
  };
}
