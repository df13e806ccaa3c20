/** The samples of a participant: its bank, where they came from, and the file that keeps both through restarts. */

import { splitHeldOut } from '../../lib/data/hold-out';
import { type Eviction, type SampleBank, sampleBank } from '../../lib/data/sample-bank';
import { decodeBank, encodeBank } from '../../lib/data/sample-bank-file';
import type { Store } from '../../lib/state/store';
import type { SampleBlock } from '../../lib/training/engine';
import { createPasses, type Passes } from './passes';

export interface KeptSamples {
  readonly bank: SampleBank;
  /** Those that are never trained on, when some are to be held out. */
  readonly heldOut?: SampleBank;
  /** False when these samples were left out, as they are kept already. */
  add(block: SampleBlock, header: { source?: unknown; first?: unknown } | undefined): boolean;
  /** Writes what has changed since the last time. */
  save(): Promise<void>;
  /** Forgets all samples, on disk too. */
  forget(): Promise<void>;
}

export interface SampleOptions {
  width: number;
  targetWidth: number;
  capacity: number;
  eviction: Eviction;
  /** Share of the samples that come from now on that is held out, 0 to 1; default 0. */
  heldOutShare?: number;
  /** What the numbers of a sample mean (meaningOf of the model). */
  meaning: string;
  /** Absent: memory only. */
  store?: Store;
  /** Name of the record in the store. */
  name: string;
}

/** `warn` gets a sentence when what was kept cannot be used; it is set aside then, not deleted. */
export async function openSamples(options: SampleOptions, warn: (sentence: string) => void): Promise<KeptSamples> {
  const { width, targetWidth, capacity, heldOutShare = 0, meaning, store, name } = options;
  const bank = sampleBank({ ...options, seed: 1 });
  const heldOut =
    heldOutShare > 0
      ? sampleBank({ ...options, capacity: Math.max(1, Math.ceil(capacity * heldOutShare)), seed: 2 })
      : undefined;
  let passes: Passes = createPasses();
  let changed = false;

  if (store) {
    try {
      const found = await store.read(name);
      if (found?.fallback) warn(found.fallback);
      if (found) {
        const stored = decodeBank(Buffer.from(found.parts.samples ?? []));
        const kept = found.json as { sources?: unknown; meaning?: unknown };
        const fits = stored.width === width && stored.targetWidth === targetWidth;
        if (fits && kept.meaning === meaning) {
          bank.restore(stored);
          if (found.parts.heldOut) {
            const aside = decodeBank(Buffer.from(found.parts.heldOut));
            if (heldOut) heldOut.restore(aside);
            else bank.add(aside.block);
          }
          const { sources } = kept;
          passes = createPasses(Array.isArray(sources) ? sources.map(String) : []);
        } else {
          await store.write(`${name} of ${stored.width} features`, { json: found.json, parts: found.parts });
          await store.remove(name);
          warn(
            fits
              ? 'The samples kept here are of other features or labels than the model has now: they were set aside, and the buffer starts empty.'
              : `The samples kept here have ${stored.width} features and ${stored.targetWidth} targets, the model has ${width} and ${targetWidth}: they were set aside, and the buffer starts empty.`,
          );
        }
      }
    } catch (error) {
      warn(error instanceof Error ? error.message : String(error));
    }
  }
  return {
    bank,
    ...(heldOut ? { heldOut } : {}),
    add(block, header) {
      const admission = passes.admit(header, bank.count > 0);
      if (admission === 'skip') return false;
      if (admission === 'replace') {
        bank.clear();
        heldOut?.clear();
      }
      if (heldOut) {
        const sides = splitHeldOut(block, heldOutShare);
        bank.add(sides.train);
        heldOut.add(sides.heldOut);
      } else {
        bank.add(block);
      }
      changed = true;
      return true;
    },
    async save() {
      if (!store || !changed) return;
      changed = false;
      const samples = encodeBank(bank.state(), width, targetWidth);
      const aside: Record<string, Uint8Array> = heldOut
        ? { heldOut: encodeBank(heldOut.state(), width, targetWidth) }
        : {};
      await store.write(name, { json: { sources: passes.sources(), meaning }, parts: { samples, ...aside } });
    },
    async forget() {
      bank.clear();
      heldOut?.clear();
      passes = createPasses();
      changed = false;
      await store?.remove(name);
    },
  };
}
