// Every figure of every cell: mean, deviation, and what each seed gave.
import { keyOf } from './table.mjs';

const quoted = (cell) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
/** Nine digits are more than enough, and the same on every machine. */
const short = (value) => String(Number(value.toPrecision(9)));

export function csvOf(table, results, seeds) {
  const lines = [['data', 'row', 'column', 'figure', 'mean', 'deviation', ...seeds.map((seed) => `seed ${seed}`)]];
  for (const name of table.data.map(keyOf)) {
    for (const [row, { name: rowName }] of table.rows.entries()) {
      for (const [column, { name: columnName }] of table.columns.entries()) {
        for (const [figure, { mean, deviation, values }] of Object.entries(results[name][row][column].figures)) {
          lines.push([name, rowName, columnName, figure, ...[mean, deviation, ...values].map(short)]);
        }
      }
    }
  }
  return `${lines.map((line) => line.map(quoted).join(',')).join('\n')}\n`;
}
