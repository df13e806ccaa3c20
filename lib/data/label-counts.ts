/** How many samples of each class somebody holds: all that a report of unlikeness, or class weights, need to know. */
import { RefusedError } from '../refused';
import type { SampleBlock } from '../training/engine';

export interface ClientCounts {
  client: string;
  /** Samples of each class, in the order of the labels. */
  counts: number[];
}

/** Of samples with one class number each, from 0 to `classes` - 1. */
export function labelCountsOf({ targets, count }: Pick<SampleBlock, 'targets' | 'count'>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < count; i++) {
    if (!(targets[i] in counts)) throw new RangeError(`${targets[i]} is no class from 0 to ${classes - 1}`);
    counts[targets[i]] += 1;
  }
  return counts;
}

/** Largest count taken from one client. */
const MAX_COUNT = 2 ** 40;

/** What a client told. Throws RefusedError (code "statistics") for counts that no `samples` samples could have given. */
export function checkLabelCounts(counts: ArrayLike<number>, samples: number): void {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) {
    if (!Number.isInteger(counts[i]) || counts[i] < 0 || counts[i] > MAX_COUNT) {
      throw new RefusedError('statistics', 'The label counts of this client are refused: one is no whole number.');
    }
    sum += counts[i];
  }
  if (sum !== samples) {
    throw new RefusedError(
      'statistics',
      `The label counts of this client are refused: they make ${sum} samples, and it told of ${samples}.`,
    );
  }
}

/** Counts the samples of many clients as their batches come; clients in the order in which they first came. */
export function labelCounter(classes: number): {
  add(client: string, block: Pick<SampleBlock, 'targets' | 'count'>): void;
  counts(): ClientCounts[];
} {
  const held = new Map<string, number[]>();
  return {
    add(client, block) {
      const before = held.get(client);
      const more = labelCountsOf(block, classes);
      held.set(client, before ? before.map((count, i) => count + more[i]) : more);
    },
    counts: () => [...held].map(([client, counts]) => ({ client, counts: [...counts] })),
  };
}
