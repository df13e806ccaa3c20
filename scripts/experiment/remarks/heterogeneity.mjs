// What each strategy gains where clients are most unlike, in points and in rounds: computed from the figures.
import { keyOf, titleOf } from '../table.mjs';

const line = (cells) => `| ${cells.join(' | ')} |`;
const signed = (value) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`;

/** Rounds until the mean curve is at least at `wanted`. */
function roundsTo(curve, wanted) {
  const at = curve.findIndex((value) => value >= wanted);
  return at < 0 ? undefined : at + 1;
}

function remarksOf(table, results, data) {
  const cells = results[keyOf(data)];
  const { unlike, alike, far } = table.compared;
  const accuracy = (row, column) => 100 * cells[row][column].figures.accuracy.mean;
  const spread = (row, column) => 100 * cells[row][column].figures.accuracy.deviation;
  const bytes = ({ figures }) => figures.bytesUp.mean + figures.bytesDown.mean;
  const wanted = cells[0][unlike].curve.at(-1);
  const needed = table.rows.map((_, row) => {
    const { curve } = cells[row][unlike];
    const rounds = roundsTo(curve, wanted);
    return rounds && { rounds, megabytes: (bytes(cells[row][unlike]) * rounds) / curve.length / 1e6 };
  });
  const rows = table.rows.map(({ name }, row) =>
    line([
      name,
      `${accuracy(row, unlike).toFixed(1)} ± ${spread(row, unlike).toFixed(1)}`,
      signed(accuracy(row, unlike) - accuracy(0, unlike)),
      signed(accuracy(row, unlike) - accuracy(row, alike)),
      needed[row] ? needed[row].rounds : 'never',
      needed[row] ? needed[row].megabytes.toFixed(2) : '–',
    ]),
  );
  const heads = [
    `at ${table.columns[unlike].name}`,
    'accuracy, %',
    'against FedAvg',
    `against itself at ${table.columns[alike].name}`,
    'rounds to where FedAvg ends',
    'MB until then, both ways',
  ];
  const apart = table.rows.map(({ name }, row) =>
    line([
      name,
      ...far.flatMap((column) => [
        `${accuracy(row, column).toFixed(1)} ± ${spread(row, column).toFixed(1)}`,
        signed(accuracy(row, column) - accuracy(0, column)),
        roundsTo(cells[row][column].curve, cells[0][column].curve.at(-1)) ?? 'never',
      ]),
    ]),
  );
  const apartHeads = [
    '',
    ...far.flatMap((column) => [table.columns[column].name, 'against FedAvg', 'rounds to where it ends']),
  ];
  return [
    `**${titleOf(data)}**`,
    '',
    ...[line(heads), line(heads.map(() => '---')), ...rows, ''],
    ...[line(apartHeads), line(apartHeads.map(() => '---')), ...apart, ''],
  ];
}

export const remarks = (results, table) => [
  ...table.data.flatMap((data) => remarksOf(table, results, data)),
  ...table.findings,
];
