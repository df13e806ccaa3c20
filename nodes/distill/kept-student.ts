/** Where the student stood before its last lesson and after it, on disk, for lessons that begin where it stood. */
import { decodeOwn, encodeOwn, type OwnWeights, ownWeights } from '../../lib/federation/own-weights';
import type { Store } from '../../lib/state/store';
import type { Model } from '../shared/model';

/** `store` absent: in memory only. `name`: of the record. */
export async function openStudent(
  { fingerprint, layout }: Model,
  store: Store | undefined,
  name: string,
  warn: (sentence: string) => void,
): Promise<OwnWeights> {
  const found = await store?.read(name).catch((error: unknown) => warn(String(error)));
  const { state, notice } = decodeOwn(found ?? undefined, {
    kind: fingerprint,
    size: layout.size,
    otherKind: () => 'The student kept here is of another model: it was dropped, and begins anew.',
    unreadable: 'The student kept here cannot be read: it was dropped, and begins anew.',
  });
  if (notice) warn(notice);
  return ownWeights({
    state,
    async save(next) {
      if (next) await store?.write(name, encodeOwn(next, fingerprint));
      else await store?.remove(name);
    },
    onAnew: () => warn('The federation has begun anew: so does the student.'),
    onNotKept: (reason) => warn(`The student could not be written to disk: ${reason}`),
  });
}
