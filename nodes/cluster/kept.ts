/** Who is in which group, on disk: after a restart the last models may come with no word of it. */
import { membersOf, noted, toldByMetrics, type Whereabouts } from '../../lib/federation/groups/whereabouts';
import { createStore } from '../../lib/state/store';
import { stateFolder } from '../shared/model';
import type { Red } from '../shared/red';

export interface Kept {
  /** Empty when nothing is kept, or nothing that can be read: it is told again with the next round. */
  read(): Promise<Whereabouts>;
  write(known: Whereabouts): Promise<void>;
  forget(): Promise<void>;
  settled(): Promise<void>;
}

/** `id`: of the node. */
export function keptWhereabouts(RED: Red, id: string): Kept {
  const store = createStore(stateFolder(RED, 'cluster'));
  return {
    async read() {
      const found = await store.read(id).catch(() => undefined);
      return noted(new Map(), toldByMetrics(found?.json));
    },
    write: (known) => store.write(id, { json: membersOf(known).map((clients) => ({ clients })), parts: {} }),
    forget: () => store.remove(id),
    settled: () => store.settle(),
  };
}
