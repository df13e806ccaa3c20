/**
 * A data set in a file is read again at each start, but a node that keeps samples must not keep them twice. This decides,
 * block by block, what to do with samples that name their source.
 */
export type Admission =
  | 'take'
  /** Everything kept came from this source: forget it, then take. */
  | 'replace'
  /** Already kept, among samples of other origin. */
  | 'skip';

/** Samples without a source: what people and sensors send. */
const LIVE = '';

export interface Passes {
  /** `kept`: whether any sample is kept now. */
  admit(header: { source?: unknown; first?: unknown } | undefined, kept: boolean): Admission;
  /** To be stored with the samples, and given to createPasses again. */
  sources(): string[];
}

export function createPasses(known: readonly string[] = []): Passes {
  const sources = new Set(known);
  const skipping = new Set<string>();
  return {
    admit(header, kept) {
      if (!kept) {
        sources.clear();
        skipping.clear();
      }
      const source = typeof header?.source === 'string' ? header.source : LIVE;
      if (source === LIVE || header?.first !== true) {
        if (skipping.has(source)) return 'skip';
        sources.add(source);
        return 'take';
      }
      skipping.delete(source);
      const again = sources.has(source);
      if (again && sources.size > 1) {
        skipping.add(source);
        return 'skip';
      }
      sources.add(source);
      return again ? 'replace' : 'take';
    },
    sources: () => [...sources],
  };
}
