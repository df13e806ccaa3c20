/** From rows to batches of samples per client, as a stream: what fl-dataset replays and what scripts read. */

import { RefusedError } from '../refused';
import type { SampleBlock } from '../training/engine';
import type { Row } from './cell';
import { divide, surveyNeed } from './clients/division';
import type { ClientSpec, Survey } from './clients/spec';
import { surveyor } from './clients/survey';
import { type HoldOutSpec, holdOut, type Split } from './split';
import { type Sample, type SampleMaker, sampleMaker, type WindowSpec } from './windows';

export interface DatasetSpec {
  window: WindowSpec;
  holdOut: HoldOutSpec;
  clients: ClientSpec;
  /** Samples a batch (default 256); the last ones of a pass are smaller. */
  batchSize?: number;
}

export interface SampleBatch {
  /** Absent: for whoever receives it (test samples, or one client). */
  client?: string;
  split: Split;
  block: SampleBlock;
}

/** Columns that a file must have for this specification. */
export function requiredColumns(spec: DatasetSpec): string[] {
  const columns = sampleMaker(spec.window).columns;
  const more = [
    spec.clients.kind === 'column' ? spec.clients.column : undefined,
    spec.holdOut.kind === 'condition' ? spec.holdOut.condition.column : undefined,
  ];
  const derived = spec.window.timeColumn === undefined ? [] : ['minute', 'hour', 'day', 'weekday', 'month'];
  return [...new Set([...columns, ...more])].filter((c): c is string => c !== undefined && !derived.includes(c));
}

export function blockOf(samples: readonly Sample[], width: number, targetWidth: number): SampleBlock {
  const features = new Float32Array(samples.length * width);
  const targets = new Float32Array(samples.length * targetWidth);
  samples.forEach((sample, i) => {
    features.set(sample.features, i * width);
    targets.set(sample.targets, i * targetWidth);
  });
  return { features, targets, count: samples.length };
}

/** Collects samples until a client has a batch of them. */
export interface Batcher {
  readonly maker: SampleMaker;
  /** Samples that had no client, since the client column was empty. */
  readonly ownerless: number;
  push(row: Row): SampleBatch[];
  /** The data are over: what is left. The same batcher can then take the next pass. */
  flush(): SampleBatch[];
}

/** The hold-out comes first: test samples belong to no client. `survey`: of the same rows, where the split needs one. */
export function batcher(spec: DatasetSpec, survey?: Survey): Batcher {
  const maker = sampleMaker(spec.window);
  const side = holdOut(spec.holdOut);
  let division = divide(spec.clients, survey);
  const size = spec.batchSize ?? 256;
  if (!Number.isInteger(size) || size < 1)
    throw new RefusedError('batch', 'The batch size must be a whole number from 1 up.');
  const open = new Map<string, { client?: string; split: Split; samples: Sample[] }>();
  let ownerless = 0;

  const batchOf = ({ client, split, samples }: { client?: string; split: Split; samples: Sample[] }): SampleBatch => ({
    ...(client === undefined ? {} : { client }),
    split,
    block: blockOf(samples, maker.width, maker.targetWidth),
  });
  const place = (samples: Sample[]): SampleBatch[] => {
    const full: SampleBatch[] = [];
    for (const sample of samples) {
      const split = side(sample);
      const client = split === 'test' ? undefined : division.owner(sample);
      if (split === 'train' && client === undefined && spec.clients.kind === 'column') {
        ownerless += 1;
        continue;
      }
      const key = JSON.stringify([split, client]);
      const batch = open.get(key) ?? { client, split, samples: [] };
      open.set(key, batch);
      batch.samples.push(client !== undefined && division.seen ? division.seen(sample, client) : sample);
      if (batch.samples.length === size) {
        full.push(batchOf(batch));
        open.delete(key);
      }
    }
    return full;
  };
  return {
    maker,
    get ownerless() {
      return ownerless;
    },
    push: (row) => place(maker.push(row).ready),
    flush() {
      const last = [...place(maker.flush()), ...[...open.values()].map(batchOf)];
      open.clear();
      division = divide(spec.clients, survey);
      return last;
    },
  };
}

/** A pass over the rows that only counts; undefined when the split needs none. */
export async function surveyRows(
  rows: () => AsyncIterable<Row> | Promise<AsyncIterable<Row>>,
  spec: DatasetSpec,
): Promise<Survey | undefined> {
  if (surveyNeed(spec.clients) === 'none') return undefined;
  const maker = sampleMaker(spec.window);
  const side = holdOut(spec.holdOut);
  const counts = surveyor(spec.clients, maker.width);
  const take = (samples: readonly Sample[]): void => {
    for (const sample of samples) if (side(sample) === 'train') counts.add(sample);
  };
  for await (const row of await rows()) take(maker.push(row).ready);
  take(maker.flush());
  return counts.done();
}

/** One pass over the rows. Throws RefusedError when rows came but no sample could be made, with the reason. */
export async function* readBatches(
  rows: AsyncIterable<Row>,
  spec: DatasetSpec,
  survey?: Survey,
): AsyncGenerator<SampleBatch> {
  const batches = batcher(spec, survey);
  for await (const row of rows) yield* batches.push(row);
  yield* batches.flush();
  const { counts } = batches.maker;
  if (counts.samples === 0) {
    const why = counts.problems[0] ?? 'no row met the conditions, or the groups are shorter than the windows.';
    throw new RefusedError('no-samples', `No sample came out of ${counts.rows} rows: ${why}`);
  }
}
