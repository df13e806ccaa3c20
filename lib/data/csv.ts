/**
 * CSV as a stream of rows. Only the chunk in hand and the row in hand are in memory, whatever the size of the file.
 * A line that cannot be read is counted and skipped; what makes the whole file useless is refused with a sentence.
 */
import { pipeline, Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { parse } from 'csv-parse';
import { RefusedError } from '../refused';
import { numberOf, type Row } from './cell';
import { nearest } from './nearest';

export interface CsvOptions {
  /** Absent: found from the first line (comma, semicolon, tab or bar). */
  delimiter?: string;
  /** "," when 12,5 means twelve and a half; default ".". */
  decimal?: '.' | ',';
  /** Columns that must be there. */
  required?: readonly string[];
  /** Only these are kept in the rows (and `required`); absent: all. */
  keep?: readonly string[];
}

/** What was read so far; live while the stream runs. */
export interface CsvReport {
  columns: string[];
  /** Good rows. */
  rows: number;
  /** Lines skipped because they have too few or too many cells, or a broken quote. */
  badRows: number;
  /** Sentences on the first few of them. */
  problems: string[];
}

const MAX_LINE = 1 << 20;
/** Bytes parsed at a time. */
const CHUNK = 1 << 13;
/** The rest of the process gets its turn at least so often, however fast the rows come. */
const SLICE_MS = 5;
const MAX_PROBLEMS = 5;
const DELIMITERS = [',', ';', '\t', '|'];

export function emptyReport(): CsvReport {
  return { columns: [], rows: 0, badRows: 0, problems: [] };
}

function firstLine(head: Buffer): string {
  const text = head
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart();
  const end = text.search(/[\r\n]/);
  return end < 0 ? text : text.slice(0, end);
}

/** The delimiter that cuts the first line most often, outside quotes; a comma when none does. */
export function detectDelimiter(line: string): string {
  const bare = line.replace(/"[^"]*"/g, '');
  const counts = DELIMITERS.map((delimiter) => bare.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))];
}

function checkText(head: Buffer): void {
  if (head.length === 0) throw new RefusedError('csv-empty', 'The file is empty: it needs a header line and rows.');
  if (head[0] === 0x50 && head[1] === 0x4b) {
    throw new RefusedError('csv-binary', 'The file is a spreadsheet or an archive: save it as CSV (UTF-8) first.');
  }
  if (head.includes(0)) throw new RefusedError('csv-binary', 'The file is not UTF-8 text: save it as CSV (UTF-8).');
}

/** Reads on until the first line is whole, so that the delimiter can be found before parsing starts. */
async function readHead(source: AsyncIterator<Buffer | string>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  while (size < MAX_LINE) {
    const next = await source.next();
    if (next.done) break;
    const chunk = Buffer.from(next.value);
    chunks.push(chunk);
    size += chunk.length;
    if (chunk.includes(10) || chunk.includes(13)) break;
  }
  return Buffer.concat(chunks);
}

/** All of the source again, in chunks that take little time to parse. */
async function* rejoin(head: Buffer, rest: AsyncIterator<Buffer | string>): AsyncGenerator<Buffer> {
  try {
    let chunk = head;
    for (;;) {
      for (let at = 0; at < chunk.length; at += CHUNK) yield chunk.subarray(at, at + CHUNK);
      const next = await rest.next();
      if (next.done) return;
      chunk = Buffer.from(next.value);
    }
  } finally {
    await rest.return?.();
  }
}

function checkColumns(columns: string[], required: readonly string[]): void {
  if (columns.every((column) => !Number.isNaN(numberOf(column)))) {
    throw new RefusedError(
      'csv-header',
      'The first line holds numbers, but it must hold the names of the columns: add such a line.',
    );
  }
  const known = new Set<string>();
  const twice = columns.find((column) => known.size === known.add(column).size);
  if (twice !== undefined) {
    throw new RefusedError('csv-header', `The column "${twice}" is in the header twice: rename one of them.`);
  }
  if (columns.includes('__proto__'))
    throw new RefusedError('csv-header', 'A column cannot be called "__proto__": rename it.');
  const missing = required.filter((column) => !known.has(column));
  if (missing.length === 0) return;
  const names = missing.map((column) => `"${column}"`).join(', ');
  const close = [...new Set(missing.flatMap((column) => nearest(column, columns, 2)))].map((column) => `"${column}"`);
  const verb = missing.length === 1 ? `There is no column ${names}` : `There are no columns ${names}`;
  throw new RefusedError('csv-column', `${verb} in the file; did you mean ${close.join(' or ')}?`);
}

const decimalPoint = (cell: string): string => (/^\s*[+-]?\d*,\d+\s*$/.test(cell) ? cell.replace(',', '.') : cell);

/**
 * Rows of a CSV text with a header line. `source` is any stream of bytes or text (a file stream, a response).
 * Stopping early ends the source too. Throws RefusedError (codes csv-*), or what the source throws.
 */
export async function* readCsv(
  source: AsyncIterable<Buffer | string>,
  options: CsvOptions = {},
  report: CsvReport = emptyReport(),
): AsyncGenerator<Row> {
  const input = source[Symbol.asyncIterator]();
  const head = await readHead(input);
  checkText(head);
  const parser = parse({
    bom: true,
    delimiter: options.delimiter ?? detectDelimiter(firstLine(head)),
    trim: true,
    skip_empty_lines: true,
    relax_column_count: true,
    relax_quotes: true,
    max_record_size: MAX_LINE,
  });
  // The parser carries every error to the loop below; pipeline() is there to end the source with it.
  pipeline(Readable.from(rejoin(head, input)), parser, () => undefined);

  const bad = (why: string): void => {
    report.badRows += 1;
    const row = report.rows + report.badRows;
    if (report.problems.length < MAX_PROBLEMS) report.problems.push(`Row ${row} has ${why}`);
  };
  let pause = performance.now() + SLICE_MS;
  let kept: { column: string; at: number }[] | undefined;
  try {
    for await (const entry of parser) {
      const record = entry as string[];
      if (performance.now() > pause) {
        await setImmediate();
        pause = performance.now() + SLICE_MS;
      }
      if (kept === undefined) {
        checkColumns(record, options.required ?? []);
        report.columns = record;
        const wanted = options.keep && new Set([...options.keep, ...(options.required ?? [])]);
        kept = record.map((column, at) => ({ column, at })).filter(({ column }) => wanted?.has(column) ?? true);
        continue;
      }
      if (record.length !== report.columns.length) {
        bad(`${record.length} cells where the header has ${report.columns.length}.`);
        continue;
      }
      const row: Record<string, string> = {};
      for (const { column, at } of kept) row[column] = options.decimal === ',' ? decimalPoint(record[at]) : record[at];
      report.rows += 1;
      yield row;
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'CSV_MAX_RECORD_SIZE' || code === 'CSV_QUOTE_NOT_CLOSED') {
      throw new RefusedError(
        'csv-quote',
        `A quote (") is opened and never closed after row ${report.rows + 1}: mend it there.`,
      );
    }
    throw error;
  }
  if (kept === undefined) throw new RefusedError('csv-empty', 'The file is empty: it needs a header line and rows.');
  if (report.rows > 0) return;
  const why = report.problems[0] ? `: ${report.problems[0]}` : ', only the names of columns.';
  throw new RefusedError('csv-rows', `The file has no row that can be used${why}`);
}
