/** The newest global model on disk, so that the node predicts at once after a restart. */
import { RefusedError } from '../../lib/refused';
import { createStore } from '../../lib/state/store';
import { type GlobalModel, receiveModel } from '../shared/global-model';
import { type Model, stateFolder } from '../shared/model';
import type { Red } from '../shared/red';

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

/** `id`: of the node. */
export function createKeeper(RED: Red, id: string): Keeper {
  const store = createStore(stateFolder(RED, 'predict'));
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
