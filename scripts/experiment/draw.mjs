// The plot of a table: one panel for each data set. table.plot = { kind: 'heat' | 'bars' | 'lines', figure, ... };
// lines: { overRounds, column? } or { along: { key, scale } of another figure, column? } or over the columns' `x`.
import { bars } from './plot/bars.mjs';
import { heat } from './plot/heat.mjs';
import { lines } from './plot/lines.mjs';
import { page } from './plot/svg.mjs';
import { figureOf, keyOf, titleOf } from './table.mjs';

const names = (list) => list.map(({ name }) => name);

function fieldOf(table, results, name, key) {
  const { scale = 1 } = figureOf(table, key);
  return results[name].map((row) =>
    row.map(({ figures }) => {
      const found = figures[key];
      return found && { mean: scale * found.mean, deviation: scale * found.deviation };
    }),
  );
}

/** Of one column, over another figure: a line for each family of rows, in the order of the rows. */
function alongSeries(table, results, data) {
  const { figure: key, along, column = 0 } = table.plot;
  const { scale = 1 } = figureOf(table, key);
  return [...new Set(table.rows.map(({ family }) => family))].map((name) => ({
    name,
    points: table.rows.flatMap(({ family }, row) => {
      const { [along.key]: x, [key]: y } = results[keyOf(data)][row][column].figures;
      return family === name && x && y ? [[along.scale * x.mean, scale * y.mean, scale * y.deviation]] : [];
    }),
  }));
}

function panel(table, results, data) {
  const { kind, figure: key, ...how } = table.plot;
  const figure = figureOf(table, key);
  const field = fieldOf(table, results, keyOf(data), key);
  const common = { title: `${titleOf(data)}: ${figure.name}`, unit: figure.unit, ...how };
  const [rows, columns] = [names(table.rows), names(table.columns)];
  if (kind === 'heat') {
    const values = field.map((row) => row.map((value) => value?.mean));
    const worse = (value, row, column) => how.worse(value, values, row, column);
    return heat({ ...common, rows, columns, values, worse, shown: (value) => value.toFixed(figure.digits ?? 1) });
  }
  if (kind === 'bars') return bars({ ...common, rows, columns, values: field });
  if (how.along) return lines({ ...common, log: true, round: true, series: alongSeries(table, results, data) });
  // Lines: over the rounds, of one column; or over the columns, whose `x` says where they stand.
  const series = table.rows.map(({ name }, row) => ({
    name,
    points: how.overRounds
      ? results[keyOf(data)][row][how.column ?? 0].curve.map((value, round) => [round + 1, (figure.scale ?? 1) * value])
      : table.columns.flatMap(({ x }, column) => {
          const value = field[row][column];
          return value && x !== undefined ? [[x, value.mean, value.deviation]] : [];
        }),
  }));
  return lines({ ...common, series: series.filter(({ points }) => points.length > 0) });
}

export const draw = (table, results) =>
  page(
    table.title,
    table.data.map((data) => panel(table, results, data)),
  );
