// Means and spread over the seeds.
import { keyOf } from './table.mjs';

export const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

/** Standard deviation of the sample (divided by n - 1); 0 for one value. */
export function deviation(values) {
  if (values.length < 2) return 0;
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

/** key of data -> row -> column -> { figures: figure -> { mean, deviation, values }, curve, upCurve (means by round), refused?, failed? } */
export function summarise(table, cells, figures) {
  const results = {};
  for (const name of table.data.map(keyOf)) {
    results[name] = table.rows.map((_, row) =>
      table.columns.map((__, column) => {
        const own = figures.filter((___, i) => {
          const cell = cells[i];
          return cell.data === name && cell.row === row && cell.column === column;
        });
        const refused = own.find((one) => one.refused)?.refused;
        const failed = own.find((one) => one.failed)?.failed;
        if (refused || failed) return { refused, failed, figures: {} };
        const keys = Object.keys(own[0]).filter((key) => typeof own[0][key] === 'number');
        const summed = keys.map((key) => {
          const values = own.map((one) => one[key]);
          return [key, { mean: mean(values), deviation: deviation(values), values }];
        });
        const meanCurve = (of) =>
          Array.from({ length: own[0][of]?.length ?? 0 }, (____, round) => mean(own.map((one) => one[of][round])));
        return { figures: Object.fromEntries(summed), curve: meanCurve('curve'), upCurve: meanCurve('upCurve') };
      }),
    );
  }
  return results;
}
