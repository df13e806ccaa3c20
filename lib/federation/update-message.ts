/** The update that answers a model: what was learned, and what filters on the way need to know of the asking. */
import { RefusedError } from '../refused';
import type { Message, ModelHeader, TensorSizes, UpdateHeader } from '../update/message';
import type { LocalUpdate } from './learner';
import { keepsVector } from './local/rule';

/** The last round in which an update of the client counted; undefined: it is not told. */
const toldTo = (client: string, { settled, cohort }: ModelHeader): number | undefined =>
  cohort === 'all' ? undefined : settled?.[cohort.indexOf(client)];

/** By which a client's own vector goes; 0: none has counted, or it keeps none. Throws RefusedError when it must be told and is not. */
export function settledFor(client: string, fl: ModelHeader): number {
  if (!keepsVector(fl.local)) return 0;
  const round = toldTo(client, fl);
  if (round !== undefined) return round;
  throw new RefusedError(
    'header',
    'msg.fl.settled is missing: with msg.fl.local it must name a round for each client.',
  );
}

/** `tensors`: of all vectors of the update. What goes out may be changed by strangers: all of it is copied, but the payload. */
export function updateMessage(
  client: string,
  fl: ModelHeader,
  { samples, group, codecs, metrics, errors, payload }: LocalUpdate,
  tensors: TensorSizes,
): Message<UpdateHeader> {
  const { federation, model, round, attempt, cohort, quorum, deadlineMs } = fl;
  const settled = toldTo(client, fl);
  return {
    fl: {
      kind: 'update',
      ...{ federation, model, round, client, attempt, samples },
      ...(group === undefined ? {} : { group }),
      codecs: structuredClone(codecs),
      tensors,
      expected: cohort === 'all' ? Math.max(1, quorum) : cohort.length,
      deadlineMs,
      ...(fl.central ? { central: structuredClone(fl.central) } : {}),
      ...(settled === undefined ? {} : { settled }),
      metrics: { ...metrics },
      ...(errors ? { errors: [...errors] } : {}),
    },
    payload,
  };
}
