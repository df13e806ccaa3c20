/** Which board a node has met: another one on the old path is noticed, also after a restart. */
import { createStore } from '../../lib/state/store';
import { stateFolder } from '../shared/model';
import type { Red } from '../shared/red';

export interface KnownBoard {
  /** The id of the board that was met; undefined: none yet. */
  read(): Promise<string | undefined>;
  /** Remembers it, when it is another one than before. */
  meet(id: string): Promise<void>;
  forget(): Promise<void>;
}

export function knownBoard(RED: Red, node: string): KnownBoard {
  const store = createStore(stateFolder(RED, 'boards'));
  let known: string | undefined;
  return {
    async read() {
      const id = (await store.read(node).catch(() => undefined))?.json as { id?: unknown } | undefined;
      known = typeof id?.id === 'string' && /^[0-9a-f]{32}$/.test(id.id) ? id.id : undefined;
      return known;
    },
    async meet(id) {
      if (id === known) return;
      known = id;
      await store.write(node, { json: { id }, parts: {} });
    },
    async forget() {
      known = undefined;
      await store.remove(node);
    },
  };
}
