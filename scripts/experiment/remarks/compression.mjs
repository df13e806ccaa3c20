// Of each row: bits a number, accuracy with many and few clients, bytes, rounds until it is good enough: computed from the figures.
import { keyOf, titleOf } from '../table.mjs';

const line = (cells) => `| ${cells.join(' | ')} |`;
const megabytes = (value) => (value / 1e6).toFixed(2);
const points = ({ accuracy }) => `${(100 * accuracy.mean).toFixed(1)} ± ${(100 * accuracy.deviation).toFixed(1)}`;

function remarksOf(table, results, data) {
  const cells = results[keyOf(data)];
  const [[exact]] = cells;
  const rows = table.rows.map(({ name }, row) => {
    const [all, few] = cells[row];
    const bits = (32 * all.figures.bytesUp.mean) / exact.figures.bytesUp.mean;
    const at = all.curve.findIndex((value) => value >= table.goal);
    return line([
      name,
      bits.toFixed(2),
      points(all.figures),
      points(few.figures),
      megabytes(all.figures.bytesUp.mean),
      at < 0 ? 'never' : at + 1,
      at < 0 ? '–' : megabytes(all.upCurve[at]),
    ]);
  });
  const goal = `${100 * table.goal} %`;
  const heads = ['', 'bits a number', 'accuracy, %', '4 of 20 asked', 'MB up', `rounds to ${goal}`, 'MB up until then'];
  return [`**${titleOf(data)}**`, '', line(heads), line(heads.map(() => '---')), ...rows, ''];
}

export const remarks = (results, table) => [
  ...table.data.flatMap((data) => remarksOf(table, results, data)),
  ...table.findings,
];
