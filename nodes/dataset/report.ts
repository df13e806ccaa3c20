/** How unlike the clients of a data set are, counted as their samples pass. */
import type { Batcher, SampleBatch } from '../../lib/data/dataset';
import { labelCounter } from '../../lib/data/label-counts';
import { type Unlikeness, unlikeness } from '../../lib/data/unlikeness';
import { RefusedError } from '../../lib/update/message';

export interface LabelledReport extends Unlikeness {
  labels: string[];
}

export interface Report {
  add(batch: SampleBatch): void;
  /** Of what was added. */
  made(): LabelledReport;
  reset(): void;
}

const byNumber = new Intl.Collator('en', { numeric: true });

/** Throws RefusedError when the samples have no classes to count. */
export function createReport({ classes, targetWidth }: Pick<Batcher['maker'], 'classes' | 'targetWidth'>): Report {
  if (!classes || targetWidth !== 1) {
    throw new RefusedError(
      'no-classes',
      'How unlike clients are is told from the classes of their samples: give a label, or leave the report out.',
    );
  }
  let counter = labelCounter(classes.length);
  return {
    add({ client, split, block }) {
      if (split === 'train' && client !== undefined) counter.add(client, block);
    },
    made() {
      const clients = counter.counts().sort((a, b) => byNumber.compare(a.client, b.client));
      return { labels: classes, ...unlikeness(clients) };
    },
    reset() {
      counter = labelCounter(classes.length);
    },
  };
}
