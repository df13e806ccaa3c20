/** Opens the file of an fl-dataset: one of the user's, or one of the data sets that the package ships. */
import type { Row } from '../../lib/data/cell';
import { type CsvReport, emptyReport, readCsv } from '../../lib/data/csv';
import { openDataFile } from '../../lib/data/data-file';
import type { Red } from '../shared/red';
import { shippedFolder } from '../shared/shipped';
import type { DatasetOptions } from './options';

type Place = Pick<DatasetOptions, 'source' | 'file' | 'decimal'>;

/** Throws RefusedError when the file is not there, lies outside, or lacks a column. */
export async function openRows(
  RED: Red,
  place: Place,
  required: readonly string[],
  keep?: readonly string[],
): Promise<{ rows: AsyncIterable<Row>; report: CsvReport }> {
  const policy =
    place.source === 'shipped'
      ? { base: shippedFolder, allowed: [shippedFolder] }
      : { base: RED.settings.userDir ?? process.cwd() };
  const report = emptyReport();
  const stream = await openDataFile(place.file, policy);
  return { rows: readCsv(stream, { decimal: place.decimal, required, keep }, report), report };
}
