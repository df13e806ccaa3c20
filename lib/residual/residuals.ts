/**
 * The residuals of a filter: for each client of each federation what was left out of its updates. An update may not count (too
 * late, lost, its round void): what it left out is then forgotten, and what it had been given is added to the next one again.
 * So the residual is kept as it was before the last update and as it is after it; `settled` of the next update decides.
 */
import { type LocalMemory, localMemory, type MemoryKey } from '../federation/local/memory';
import type { Store } from '../state/store';
import { type Coded, decodeAll, remaining } from '../update/codecs/registry';
import { type Message, RefusedError, type UpdateHeader } from '../update/message';
import { allFinite, normOf } from '../update/vector';
import { type Feedback, feedbackRule } from './feedback';

export interface Residuals {
  /**
   * The update with what was left out before, compressed; its header says that it `remembers`. Resolves when what is left
   * out now is on disk. `compress` gets the update to compress, and adds a step to its codecs; what it throws is passed on,
   * and then nothing has changed. Rejects with RefusedError 'not-finite', or when the disk refuses.
   */
  compress(
    update: Message<UpdateHeader>,
    feedback: Feedback,
    compress: (update: Message<UpdateHeader>) => Coded,
  ): Promise<Message<UpdateHeader>>;
}

interface Place {
  memory: LocalMemory;
  /** The updates of this client, one after the other. */
  queue: Promise<unknown>;
  waiting: number;
}

/** Clients whose residuals are held beside the disk; without one they are forgotten beyond more. */
const MOST_HELD = 64;
const MOST_WITHOUT_DISK = 10_000;

/** `name` tells the filters of one store apart. Without a store all is forgotten with the process. */
export function createResiduals(name: string, store?: Pick<Store, 'read' | 'write'>): Residuals {
  const most = store ? MOST_HELD : MOST_WITHOUT_DISK;
  const places = new Map<string, Place>();

  /** The one used last stands last. */
  const placeOf = ({ federation, client }: UpdateHeader): Place => {
    const key = JSON.stringify([name, federation, client]);
    const place = places.get(key) ?? { memory: localMemory(key, store), queue: Promise.resolve(), waiting: 0 };
    places.delete(key);
    for (const [other, { waiting }] of places) {
      if (places.size < most) break;
      if (waiting === 0) places.delete(other);
    }
    places.set(key, place);
    return place;
  };

  const work = async (
    memory: LocalMemory,
    update: Message<UpdateHeader>,
    feedback: Feedback,
    compress: (update: Message<UpdateHeader>) => Coded,
  ): Promise<Message<UpdateHeader>> => {
    const { fl, payload } = update;
    const rule = feedbackRule(feedback);
    const { whole: change, select, payloadOf } = remaining(update);
    const key: MemoryKey = { rule: feedback.name, model: fl.model, size: rule.vectors * change.length };
    // Not told: no update of a filter that remembers has counted yet. Not known: what is lost is as if it had arrived.
    const { settled = 0 } = fl;
    const kept = (await memory.recall(key, settled)) ?? new Float32Array(key.size);
    const given = rule.before(kept, change);
    if (!allFinite(given.whole)) {
      throw new RefusedError('not-finite', 'The update holds NaN or infinity: the training that made it has diverged.');
    }
    const isNew = normOf(kept) !== 0;
    const coded = compress(isNew ? { fl, payload: payloadOf(select(given.whole)) } : { fl, payload });
    const reached = decodeAll(coded.payload, coded.codecs, fl.tensors);
    await memory.remember(key, { settled, before: kept, round: fl.round, after: given.after(reached) });
    return { fl: { ...fl, codecs: coded.codecs, remembers: true }, payload: coded.payload };
  };

  return {
    compress(update, feedback, compress) {
      const place = placeOf(update.fl);
      place.waiting++;
      const done = place.queue.then(() => work(place.memory, update, feedback, compress));
      place.queue = done
        .catch(() => {})
        .then(() => {
          place.waiting--;
        });
      return done;
    },
  };
}
