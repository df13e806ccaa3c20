/** Keeps a federation in the store: one record for each model, and a note of which model was the last. */
import { withoutTree } from '../privacy/central';
import type { Store } from '../state/store';
import { besideOf, decodeCheckpoint, encodeCheckpoint, type KeptRound, type Learned, recordName } from './checkpoint';
import type { Beside } from './coordinator-parts';
import type { FederatedModel } from './federated-model';

export interface Keeper {
  /** What was kept of this model; undefined: nothing. Rejects when it is there but cannot be read. */
  read(): Promise<{ kept: KeptRound; learned: Learned } | undefined>;
  write(kept: KeptRound, learned: Learned): Promise<void>;
}

export interface KeeperParts {
  federation: string;
  model: FederatedModel;
  store: Pick<Store, 'read' | 'write'>;
  beside?: Beside;
  /** Told what a person should know of what was found. */
  say(code: string, message: string): void;
}

const forgetful: Keeper = { read: async () => undefined, write: async () => {} };

/** Without a store nothing is kept. */
export function createKeeper({
  federation,
  model,
  store,
  beside,
  say,
}: Partial<KeeperParts> & Omit<KeeperParts, 'store'>): Keeper {
  if (!store) return forgetful;
  const name = recordName(federation, model);
  const latest = `${federation} model`;

  const noteModel = async (isKnown: boolean): Promise<void> => {
    const before = (await store.read(latest))?.json as { record?: string } | undefined;
    if (before?.record === name) return;
    if (before) {
      say(
        'model-changed',
        isKnown
          ? 'The model was changed to one that this federation has known: it goes on from where that one stood.'
          : 'The model was changed: the federation starts anew, what the model before had learned is kept aside.',
      );
    }
    await store.write(latest, { json: { record: name, fingerprint: model.fingerprint }, parts: {} });
  };

  return {
    async read() {
      const found = await store.read(name);
      await noteModel(found !== undefined);
      if (!found) return undefined;
      const decoded = decodeCheckpoint(found, model);
      beside?.found(besideOf(found));
      if (!found.fallback) return decoded;
      say('state-fallback', found.fallback);
      // A newer model may have gone out: what it was made of must not be released again with part of the same noise.
      const { central, ...learned } = decoded.learned;
      return { ...decoded, learned: central ? { ...learned, central: withoutTree(central) } : learned };
    },
    write: (kept, learned) => store.write(name, encodeCheckpoint(model.fingerprint, kept, learned, beside?.now())),
  };
}
