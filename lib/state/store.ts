/**
 * Records that survive a kill at any instant: written to a temporary file, forced to disk, renamed over the old one. The
 * version before is kept, and read when the newest is damaged.
 */
import { copyFile, link, mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, syncFolder, writeDurably } from './durable';
import { safeName } from './names';
import { decodeRecord, layRecord, recordName, type StateRecord, sealRecord } from './record';

export type { StateRecord } from './record';

export interface Found extends StateRecord {
  /** Set when this is the version before, as the newest could not be read: one sentence with the reason. */
  fallback?: string;
}

export interface Store {
  readonly folder: string;
  /**
   * undefined: never written (or removed). Falls back to the version before, and says so. Throws an Error when there are
   * files and neither can be read: start anew only when the user says so.
   */
  read(name: string): Promise<Found | undefined>;
  /** Resolves when it is on the disk. Writes of one name happen one after the other; of those that wait only the last is written. */
  write(name: string, record: StateRecord): Promise<void>;
  /** Both versions. */
  remove(name: string): Promise<void>;
  /** The records whose names `belongs` takes. A file that cannot be read stays. */
  removeAll(belongs: (name: string) => boolean): Promise<void>;
  /** Resolves when nothing is being written. */
  settle(): Promise<void>;
}

const isMissing = (error: unknown): boolean => hasCode(error) && error.code === 'ENOENT';
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** `current` becomes `previous` without ever being away: by a second link, or by a copy where there are no links. */
async function keepPrevious(current: string, previous: string): Promise<void> {
  const aside = `${previous}.tmp`;
  await unlink(aside).catch(() => {});
  try {
    await link(current, aside);
  } catch (error) {
    if (isMissing(error)) return;
    await copyFile(current, aside);
  }
  await rename(aside, previous);
}

/** A record whose head is longer is none of those that are looked for by name. */
const BEGINNING = 64 * 1024;

async function nameIn(path: string): Promise<string | undefined> {
  const file = await open(path);
  try {
    const beginning = Buffer.alloc(BEGINNING);
    const { bytesRead } = await file.read(beginning, 0, BEGINNING, 0);
    return recordName(beginning.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

interface Writer {
  running: Promise<void>;
  /** The write that waits; a newer one takes its place. */
  next?: { bytes: Buffer; done: Promise<void> };
}

/** `folder` is made when something is first written. */
export function createStore(folder: string): Store {
  const writers = new Map<string, Writer>();
  /** Names whose newest version was written from here, so that it need not be read again before the next write. */
  const sound = new Set<string>();
  const paths = (name: string) => {
    const base = join(folder, safeName(name));
    return { current: `${base}.state`, previous: `${base}.previous.state`, temporary: `${base}.tmp` };
  };

  const put = async (name: string, bytes: Buffer): Promise<void> => {
    const { current, previous, temporary } = paths(name);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeDurably(temporary, await sealRecord(bytes));
    // A damaged file must not push out the good one before it.
    if (sound.has(name) || (await readable(name, current))) await keepPrevious(current, previous);
    sound.delete(name);
    await rename(temporary, current);
    await syncFolder(folder);
    sound.add(name);
  };

  const readable = async (name: string, path: string): Promise<boolean> => {
    try {
      decodeRecord(name, await readFile(path));
      return true;
    } catch {
      return false;
    }
  };

  const enqueue = (name: string, work: () => Promise<void>): Promise<void> => {
    const writer = writers.get(name) ?? { running: Promise.resolve() };
    writers.set(name, writer);
    const running = writer.running.catch(() => {}).then(work);
    writer.running = running;
    const forget = (): void => {
      if (writer.running === running) writers.delete(name);
    };
    running.then(forget, forget);
    return running;
  };

  const remove = (name: string): Promise<void> => {
    const writer = writers.get(name);
    // A write asked for from now on comes after the removal.
    if (writer) writer.next = undefined;
    sound.delete(name);
    return enqueue(name, async () => {
      const { current, previous, temporary } = paths(name);
      for (const path of [temporary, previous, `${previous}.tmp`, current]) {
        await unlink(path).catch((error) => {
          if (!isMissing(error)) throw error;
        });
      }
    });
  };

  return {
    folder,
    async read(name) {
      await writers.get(name)?.running.catch(() => {});
      const { current, previous } = paths(name);
      const troubles: string[] = [];
      for (const path of [current, previous]) {
        try {
          const record = decodeRecord(name, await readFile(path));
          if (troubles.length === 0 && path === current) return record;
          const trouble = troubles.length > 0 ? `could not be read (${troubles[0]})` : 'is missing';
          return { ...record, fallback: `The newest state of "${name}" ${trouble}; the version before it is used.` };
        } catch (error) {
          if (!isMissing(error)) troubles.push(reasonOf(error));
        }
      }
      if (troubles.length === 0) return undefined;
      throw new Error(
        `The state of "${name}" in ${folder} cannot be read (${troubles.join('; ')}): put back a copy of its files, or delete them to start anew.`,
      );
    },
    write(name, record) {
      const bytes = layRecord(name, record);
      const writer = writers.get(name);
      if (writer?.next) {
        writer.next.bytes = bytes;
        return writer.next.done;
      }
      const waiting = { bytes, done: Promise.resolve() };
      waiting.done = enqueue(name, () => {
        const mine = writers.get(name);
        if (mine?.next === waiting) mine.next = undefined;
        return put(name, waiting.bytes);
      });
      const now = writers.get(name);
      if (now) now.next = waiting;
      return waiting.done;
    },
    remove,
    async removeAll(belongs) {
      const files = await readdir(folder).catch((error: unknown) => {
        if (isMissing(error)) return [];
        throw error;
      });
      const names = new Set<string>();
      for (const file of files.filter((one) => one.endsWith('.state'))) {
        const name = await nameIn(join(folder, file)).catch(() => undefined);
        if (name !== undefined && belongs(name)) names.add(name);
      }
      for (const name of names) await remove(name);
    },
    async settle() {
      while (writers.size > 0) await Promise.allSettled([...writers.values()].map(({ running }) => running));
    },
  };
}
