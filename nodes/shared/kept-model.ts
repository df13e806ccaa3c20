/** The newest model that came to a node, on disk, so that it works at once after a restart. */
import { RefusedError } from '../../lib/refused';
import { createStore } from '../../lib/state/store';
import { type GlobalModel, receiveModel } from './global-model';
import { type Model, stateFolder } from './model';
import type { Red } from './red';

export interface Keeper {
  /** Undefined: nothing is kept, or it is of another model or federation. Throws a sentence when the files are damaged. */
  read(model: Model, federation: string): Promise<GlobalModel | undefined>;
  /** `header`: msg.fl of the message that brought it. */
  write(global: GlobalModel, header: unknown): Promise<void>;
  forget(): Promise<void>;
  /** Resolves when nothing is being written. */
  settled(): Promise<void>;
}

const reasonOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** `folder`: of this kind of node under the state folder; `id`: of the node. Its texts are runtime.notRead and .notKept. */
export function createKeeper(RED: Red, folder: string, id: string): Keeper {
  const store = createStore(stateFolder(RED, folder));
  return {
    async read(model, federation) {
      try {
        const found = await store.read(id);
        if (!found?.parts.vector) return undefined;
        const payload = Buffer.from(found.parts.vector);
        return receiveModel({ fl: found.json, payload }, model, federation);
      } catch (thrown) {
        if (thrown instanceof RefusedError && thrown.code === 'fingerprint') return undefined;
        throw new RefusedError('kept-model', RED._('runtime.notRead', { reason: reasonOf(thrown) }));
      }
    },
    async write(global, header) {
      try {
        await store.write(id, { json: header, parts: { vector: global.payload } });
      } catch (thrown) {
        throw new RefusedError('kept-model', RED._('runtime.notKept', { reason: reasonOf(thrown) }));
      }
    },
    forget: () => store.remove(id),
    settled: () => store.settle(),
  };
}
