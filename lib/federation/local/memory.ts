/**
 * The vector that a client keeps for a local rule. An answer may not count (too late, or its round was void), so the vector is
 * kept as it was before the answer and as it would be after it, until the aggregator tells in which round the last one counted.
 */
import type { Store } from '../../state/store';
import { allFinite, readVector, vectorPayload } from '../../update/vector';

/** Of which vector: another rule or another model has nothing to do with it. */
export interface MemoryKey {
  rule: string;
  /** Fingerprint of the model. */
  model: string;
  /** Numbers of the model. */
  size: number;
}

export interface LocalMemory {
  /**
   * The vector when the update of round `settled` had counted; zeros when none has. undefined: it is not known here.
   * Not to be written into.
   */
  recall(key: MemoryKey, settled: number): Promise<Float32Array | undefined>;
  /** Resolves when it is on the disk, if there is one. `after`: when the answer to `round` counts. */
  remember(key: MemoryKey, kept: Kept): Promise<void>;
}

export interface Kept {
  /** The last round that had counted, and the vector then. */
  settled: number;
  before: Float32Array;
  round: number;
  after: Float32Array;
}

interface Json extends Omit<MemoryKey, 'size'> {
  version: 1;
  settled: number;
  round: number;
}

const isJson = (value: unknown): value is Json =>
  typeof value === 'object' &&
  value !== null &&
  'version' in value &&
  value.version === 1 &&
  'settled' in value &&
  Number.isSafeInteger(value.settled) &&
  'round' in value &&
  Number.isSafeInteger(value.round);

/** Without a store it is forgotten with the process. `name`: of the record. */
export function localMemory(name: string, store?: Pick<Store, 'read' | 'write'>): LocalMemory {
  let held: { key: MemoryKey; kept: Kept } | undefined;
  let isRead = store === undefined;

  const read = async ({ rule, model, size }: MemoryKey): Promise<void> => {
    if (isRead) return;
    isRead = true;
    // Damaged files are as good as none: what is lost is told by `settled`.
    const record = await store?.read(name).catch(() => undefined);
    if (!record || !isJson(record.json) || record.json.rule !== rule || record.json.model !== model) return;
    const { before, after } = record.parts;
    if (before?.length !== 4 * size || after?.length !== 4 * size) return;
    const [old, fresh] = [before, after].map((bytes) => readVector(Buffer.from(Uint8Array.from(bytes).buffer), size));
    if (!allFinite(old) || !allFinite(fresh)) return;
    const { settled, round } = record.json;
    held ??= { key: { rule, model, size }, kept: { settled, before: old, round, after: fresh } };
  };

  return {
    async recall(key, settled) {
      if (settled === 0) return new Float32Array(key.size);
      await read(key);
      if (!held || held.key.rule !== key.rule || held.key.model !== key.model) return undefined;
      if (held.kept.round === settled) return held.kept.after;
      return held.kept.settled === settled ? held.kept.before : undefined;
    },
    async remember(key, kept) {
      held = { key, kept };
      const { settled, before, round, after } = kept;
      const json: Json = { version: 1, rule: key.rule, model: key.model, settled, round };
      await store?.write(name, { json, parts: { before: vectorPayload(before), after: vectorPayload(after) } });
    },
  };
}
