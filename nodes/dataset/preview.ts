/** Admin routes for the dialogue: which data sets are shipped, and what columns and names a file has. */
import type { IncomingMessage } from 'node:http';
import { cellOf, nameOf } from '../../lib/data/cell';
import type { Red } from '../shared/red';
import { sentenceOf } from '../shared/refusals';
import { shippedFiles } from '../shared/shipped';
import { openRows } from './source';

const ROWS_LIMIT = 200_000;
const NAMES_LIMIT = 1000;

interface Question {
  source: 'shipped' | 'file';
  file: string;
  /** The column whose different names are wanted. */
  column: string;
}

function questionOf(body: unknown): Question {
  const fields: Record<string, unknown> = typeof body === 'object' && body !== null ? { ...body } : {};
  return {
    source: fields.source === 'file' ? 'file' : 'shipped',
    file: typeof fields.file === 'string' ? fields.file : '',
    column: typeof fields.column === 'string' ? fields.column : '',
  };
}

async function look(RED: Red, { source, file, column }: Question): Promise<{ columns: string[]; names: string[] }> {
  const { rows, report } = await openRows(RED, { source, file, decimal: '.' }, column ? [column] : [], [column]);
  const names = new Set<string>();
  let read = 0;
  for await (const row of rows) {
    const name = nameOf(cellOf(row, column));
    if (name !== undefined) names.add(name);
    read++;
    if (column === '' || read >= ROWS_LIMIT || names.size >= NAMES_LIMIT) break;
  }
  return { columns: report.columns, names: [...names] };
}

export function registerPreview(RED: Red): void {
  RED.httpAdmin.get('/fl-tinyml/dataset/shipped', RED.auth.needsPermission('fl.read'), (_request, response) => {
    shippedFiles('.csv').then(
      (files) => response.json({ files }),
      (thrown) => response.status(500).json({ problem: sentenceOf(thrown).message }),
    );
  });
  // Looks into a file of the user's machine: needs the right to write, as a deploy that reads the file does.
  RED.httpAdmin.post(
    '/fl-tinyml/dataset/preview',
    RED.auth.needsPermission('fl.write'),
    (request: IncomingMessage & { body?: unknown }, response) => {
      look(RED, questionOf(request.body)).then(
        (answer) => response.json(answer),
        (thrown) => response.json({ problem: sentenceOf(thrown).message }),
      );
    },
  );
}
