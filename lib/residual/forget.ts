/** What becomes of the files of a filter that will never be there again. */
import { namedParts } from '../state/names';
import type { Store } from '../state/store';

/** Takes all that a filter keeps of its clients off the disk: residuals and first losses, whose records all begin with its name. */
export function forgetFilter(name: string, store: Pick<Store, 'removeAll'>): Promise<void> {
  return store.removeAll((record) => namedParts(record)[0] === name);
}
