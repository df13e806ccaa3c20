/** One pass over the rows of a file, all at once in blocks or at a pace. */
import { setImmediate as afterEvents, setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '../../lib/data/cell';
import type { Survey } from '../../lib/data/clients/spec';
import { batcher, type DatasetSpec, type SampleBatch } from '../../lib/data/dataset';
import { RefusedError } from '../../lib/update/message';

export interface ReplayOptions {
  spec: DatasetSpec;
  /** Of the same rows, where the split needs one. */
  survey: Survey | undefined;
  /** Samples a second; undefined: as fast as the flow takes them. */
  samplesPerSecond: number | undefined;
  signal: AbortSignal;
  emit(batch: SampleBatch, last: boolean | undefined, row?: Row): void;
}

const empty = { features: new Float32Array(0), targets: new Float32Array(0), count: 0 };
const keyOf = ({ client, split }: SampleBatch): string => JSON.stringify([split, client]);

/** Sentences on rows that gave no sample, for the log. Throws RefusedError (code "no-samples") when none gave one. */
export async function replay(rows: AsyncIterable<Row>, options: ReplayOptions): Promise<string[]> {
  const { spec, survey, samplesPerSecond, signal, emit } = options;
  const batches = batcher(spec, survey);
  const live = samplesPerSecond !== undefined;
  const sentTo = new Map<string, SampleBatch>();
  // A row is told along with its sample when it is the row that made it: with a label that looks ahead it is not.
  const ahead = spec.window.label?.kind === 'within' || spec.window.label?.kind === 'end';
  const due = { at: Date.now() };
  const pause = async (): Promise<void> => {
    if (!live) return afterEvents(undefined, { signal });
    due.at = Math.max(due.at + 1000 / samplesPerSecond, Date.now() - 1000);
    await sleep(Math.max(0, due.at - Date.now()), undefined, { signal });
  };

  for await (const row of rows) {
    signal.throwIfAborted();
    for (const batch of batches.push(row)) {
      sentTo.set(keyOf(batch), batch);
      emit(batch, live ? undefined : false, live && !ahead ? row : undefined);
      await pause();
    }
  }
  for (const batch of batches.flush()) {
    sentTo.delete(keyOf(batch));
    emit(batch, live ? undefined : true);
    await pause();
  }
  // Those whose samples filled their blocks exactly have not yet heard that the pass is over.
  if (!live) for (const { client, split } of sentTo.values()) emit({ client, split, block: empty }, true);

  const { counts } = batches.maker;
  if (counts.samples === 0) {
    const why = counts.problems[0] ?? 'no row met the conditions, or the groups are shorter than the windows.';
    throw new RefusedError('no-samples', `No sample came out of ${counts.rows} rows: ${why}`);
  }
  return counts.dropped + counts.unlabelled + batches.ownerless > 0 ? counts.problems : [];
}
