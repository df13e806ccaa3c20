// Which rule holds against which attack: computed from the figures, so that nothing is claimed that they do not show.
import { keyOf, titleOf } from '../table.mjs';

/** Points of accuracy that may be lost against the plain mean without an attack, and the share of marked samples that may pass. */
const MOST_LOST = 2;
const MOST_BACKDOOR = 10;

const line = (cells) => `| ${cells.join(' | ')} |`;
const points = (figure) => figure && 100 * figure.mean;

/** What each column gives in this row, refused ones left out. */
function candidates(table, cells, honest, isBackdoor) {
  return table.columns.flatMap(({ name }, column) => {
    const { accuracy, backdoor } = cells[column].figures;
    if (!accuracy) return [];
    const lost = honest - points(accuracy);
    const passed = isBackdoor ? points(backdoor) : 0;
    return [{ name, accuracy: points(accuracy), lost, passed, holds: lost <= MOST_LOST && passed <= MOST_BACKDOOR }];
  });
}

/** One that holds before one that does not; then the one that loses least. */
const better = (a, b) =>
  Number(b.holds) - Number(a.holds) ||
  Math.max(0, a.passed - MOST_BACKDOOR) - Math.max(0, b.passed - MOST_BACKDOOR) ||
  a.lost - b.lost;

function remarksOf(table, results, data) {
  const cells = results[keyOf(data)];
  const honest = points(cells[0][0].figures.accuracy);
  const lines = [];
  const open = [];
  for (const [row, { name }] of table.rows.entries()) {
    if (row === 0) continue;
    const isBackdoor = name.startsWith('backdoor');
    const all = candidates(table, cells[row], honest, isBackdoor);
    const [mean] = all;
    const [best] = all.toSorted(better);
    const holding = all.filter(({ holds }) => holds).map((one) => one.name);
    const passed = ({ accuracy, passed: share }) =>
      `${accuracy.toFixed(1)}${isBackdoor ? `, backdoor ${share.toFixed(1)} %` : ''}`;
    lines.push(
      line([
        name,
        passed(mean),
        best.name,
        passed(best),
        best.lost.toFixed(1),
        holding.length === 0 ? '**none**' : holding.join(', '),
      ]),
    );
    if (holding.length === 0) open.push(name);
  }
  const heads = ['attack', 'plain mean, %', 'best rule', 'with it, %', 'points lost', 'rules that hold'];
  return [
    `**${titleOf(data)}** (the plain mean without an attack: ${honest.toFixed(1)} %)`,
    '',
    line(heads),
    line(heads.map(() => '---')),
    ...lines,
    '',
    open.length === 0 ? 'Against every attack at least one rule holds.' : `No rule holds against: ${open.join('; ')}.`,
    '',
  ];
}

export const remarks = (results, table) => [
  `A rule *holds* when it loses at most ${MOST_LOST} points of accuracy against the plain mean without an attack, and at most ${MOST_BACKDOOR} % of the samples with the trigger are taken for its class.`,
  '',
  ...table.data.flatMap((data) => remarksOf(table, results, data)),
];
