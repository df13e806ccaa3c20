// Settings of a cell: those of the table, the data set, the row and the column, the later over the earlier.
import { keyOf } from './table.mjs';

const isBag = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Deep; a list or a value takes the place of the one before. */
export function over(under, top) {
  if (!isBag(under) || !isBag(top)) return top === undefined ? under : top;
  const result = { ...under };
  for (const [key, value] of Object.entries(top)) {
    if (value === undefined) continue;
    result[key] = isBag(value) && isBag(under[key]) && !('name' in value) ? over(under[key], value) : value;
  }
  return result;
}

/** One job for each data set, row, column and seed. */
export function cellsOf(table, seeds) {
  const cells = [];
  for (const data of table.data) {
    for (const [row, { settings: ofRow }] of table.rows.entries()) {
      for (const [column, { settings: ofColumn }] of table.columns.entries()) {
        for (const seed of seeds) {
          const settings = [table.settings, data.settings, ofRow, ofColumn].reduce(over, { data: data.name });
          cells.push({ data: keyOf(data), row, column, seed, settings: { ...settings, seed } });
        }
      }
    }
  }
  return cells;
}
