/** Rows that come by message: an object, or an array of objects. */
import type { Row } from '../../lib/data/cell';
import type { SampleBatch } from '../../lib/data/dataset';
import { RefusedError } from '../../lib/update/message';
import type { FlowMessage } from '../shared/red';

const ROWS_LIMIT = 1_000_000;

const isRow = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);

/** `columns`: those that every row must have; empty when missing cells are filled in. */
export function rowsOf(msg: FlowMessage, columns: readonly string[]): Row[] {
  const { payload } = msg;
  if (typeof payload === 'string' || Buffer.isBuffer(payload)) {
    throw new RefusedError('row', 'msg.payload is text or a Buffer: put a csv or json node before this one.');
  }
  const rows = Array.isArray(payload) ? payload : [payload];
  if (rows.length > ROWS_LIMIT) {
    throw new RefusedError('row', `msg.payload has ${rows.length} rows: send at most ${ROWS_LIMIT} in one message.`);
  }
  for (const row of rows) {
    if (!isRow(row)) {
      throw new RefusedError('row', 'A row is an object such as {"temperature": 21}: send one, or an array of them.');
    }
    const absent = columns.find((column) => !Object.hasOwn(row, column));
    if (absent !== undefined) {
      throw new RefusedError('missing-column', `The row has no "${absent}": add it, or take it out of the features.`);
    }
  }
  return rows;
}

/** Batches of one owner made one, so that a message with many rows gives few messages. */
export function merge(batches: readonly SampleBatch[]): SampleBatch[] {
  const owners = new Map<string, SampleBatch[]>();
  for (const batch of batches) {
    const key = JSON.stringify([batch.split, batch.client]);
    owners.set(key, [...(owners.get(key) ?? []), batch]);
  }
  return [...owners.values()].map((parts) => {
    if (parts.length === 1) return parts[0];
    const join = (pick: (batch: SampleBatch) => Float32Array): Float32Array => {
      const whole = new Float32Array(parts.reduce((sum, part) => sum + pick(part).length, 0));
      let at = 0;
      for (const part of parts) {
        whole.set(pick(part), at);
        at += pick(part).length;
      }
      return whole;
    };
    const block = {
      features: join((part) => part.block.features),
      targets: join((part) => part.block.targets),
      count: parts.reduce((sum, part) => sum + part.block.count, 0),
    };
    return { ...parts[0], block };
  });
}
