// What a table is, and how its parts are named. A table (tables/NAME.mjs exports `table`):
//   title, about: text of markdown;
//   data: [{ name of data-sets.mjs, key?, title?, settings? }] (key: where one data set is there twice), rows and columns: [{ name, settings, x?, family? }];
//   settings: of all cells (cell.mjs says which there are);
//   figures: [{ key, name, unit, scale?, digits?, rows? }] to be shown, each as a table of its own (`rows`: of which rows);
//   plot: { kind, figure, ... } (draw.mjs); remarks?: (results, table) -> lines of markdown.
import { dataSets } from './data-sets.mjs';

/** Under which name a data set is in the results and in the CSV. */
export const keyOf = ({ name, key }) => key ?? name;

export const titleOf = ({ name, title }) => title ?? dataSets[name].title;

export function figureOf(table, key) {
  const found = table.figures.find((figure) => figure.key === key);
  if (!found) throw new Error(`The table "${table.title}" has no figure "${key}".`);
  return found;
}

/** Share as per cent: what most figures are. */
export const percent = (key, name) => ({ key, name, unit: '%', scale: 100, digits: 1 });
