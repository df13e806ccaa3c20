// What each row gains in bytes and loses in points, and when it is good enough: computed from the figures.
import { keyOf, titleOf } from '../table.mjs';

const line = (cells) => `| ${cells.join(' | ')} |`;
const megabytes = (value) => (value / 1e6).toFixed(2);
const grouped = (value) => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');

function remarksOf(table, results, data) {
  const cells = results[keyOf(data)];
  const points = ({ accuracy }) => `${(100 * accuracy.mean).toFixed(1)} ± ${(100 * accuracy.deviation).toFixed(1)}`;
  const rows = table.rows.map(({ name }, row) => {
    const [{ figures, curve, upCurve }, { figures: coded }] = cells[row];
    const { asked, sent, withheld, bytesSaved, bytesUp, bytesDown, steps } = figures;
    const at = curve.findIndex((value) => value >= table.goal);
    return line([
      name,
      points(figures),
      points(coded),
      `${Math.round(sent.mean)} of ${Math.round(asked.mean)}`,
      withheld.mean > 0 ? megabytes(bytesSaved.mean) : '–',
      megabytes(bytesUp.mean),
      megabytes(coded.bytesUp.mean),
      megabytes(bytesDown.mean),
      grouped(steps.mean),
      at < 0 ? 'never' : at + 1,
      at < 0 ? '–' : megabytes(upCurve[at]),
    ]);
  });
  const goal = `${100 * table.goal} %`;
  const heads = [
    '',
    'accuracy, %',
    'in 8 bits',
    'sent of asked',
    'MB saved',
    'MB up',
    'in 8 bits',
    'MB down',
    'steps',
    `rounds to ${goal}`,
    'MB up until then',
  ];
  return [`**${titleOf(data)}**`, '', line(heads), line(heads.map(() => '---')), ...rows, ''];
}

export const remarks = (results, table) => [
  ...table.data.flatMap((data) => remarksOf(table, results, data)),
  ...table.findings,
];
