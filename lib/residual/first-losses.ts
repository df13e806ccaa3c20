/** The loss of each client in its first update: by it a filter knows how far the loss has fallen since. */
import type { Store } from '../state/store';
import type { UpdateHeader } from '../update/message';

export interface FirstLosses {
  /** The first loss of this client with this model, and that of the update; undefined: the update tells none. Rejects when the disk refuses. */
  of(header: UpdateHeader): Promise<{ first: number; now: number } | undefined>;
}

interface Known {
  model: string;
  round: number;
  loss: number;
}

const MOST_HELD = 10_000;

const isKnown = (value: unknown): value is Known =>
  typeof value === 'object' &&
  value !== null &&
  'model' in value &&
  typeof value.model === 'string' &&
  'round' in value &&
  Number.isSafeInteger(value.round) &&
  'loss' in value &&
  typeof value.loss === 'number' &&
  value.loss > 0;

/** `name` tells the filters of one store apart. Without a store all is forgotten with the process. */
export function createFirstLosses(name: string, store?: Pick<Store, 'read' | 'write'>): FirstLosses {
  const held = new Map<string, Known>();

  const recall = async (key: string): Promise<Known | undefined> => {
    const known = held.get(key);
    if (known || !store) return known;
    // A damaged file is as good as none: it begins anew.
    const record = await store.read(key).catch(() => undefined);
    return record && isKnown(record.json) ? record.json : undefined;
  };

  return {
    async of({ federation, client, model, round, metrics }) {
      // Of the first epoch: nearest to the loss of the model as it came.
      const now = metrics?.startLoss ?? metrics?.firstLoss ?? metrics?.loss;
      if (now === undefined || !(now > 0)) return undefined;
      const key = JSON.stringify([name, 'first loss', federation, client]);
      const known = await recall(key);
      // Of another model, or of a federation that was begun anew since: nothing to go by.
      const isFirst = known?.model !== model || round <= known.round;
      const first = known && !isFirst ? known : { model, round, loss: now };
      if (held.size >= MOST_HELD && !held.has(key)) held.delete(held.keys().next().value ?? '');
      held.set(key, first);
      if (isFirst) await store?.write(key, { json: { ...first }, parts: {} });
      return { first: first.loss, now };
    },
  };
}
