/** One number of the last `rows` values of a history, of which it holds at least so many. */
import type { History } from './history';

type Reduce = (history: History, rows: number) => number;

function mean(history: History, rows: number): number {
  let sum = 0;
  for (let back = rows - 1; back >= 0; back--) sum += history.ago(back);
  return sum / rows;
}

/** Population standard deviation. */
function std(history: History, rows: number): number {
  const centre = mean(history, rows);
  let sum = 0;
  for (let back = 0; back < rows; back++) sum += (history.ago(back) - centre) ** 2;
  return Math.sqrt(sum / rows);
}

/** Least-squares slope per row; 0 for one row. */
function slope(history: History, rows: number): number {
  const middle = (rows - 1) / 2;
  let product = 0;
  let square = 0;
  for (let back = 0; back < rows; back++) {
    product += (middle - back) * history.ago(back);
    square += (middle - back) ** 2;
  }
  return square === 0 ? 0 : product / square;
}

function extreme(pick: (a: number, b: number) => number): Reduce {
  return (history, rows) => {
    let best = history.ago(0);
    for (let back = 1; back < rows; back++) best = pick(best, history.ago(back));
    return best;
  };
}

/** Root of the mean square. */
function rms(history: History, rows: number): number {
  let sum = 0;
  for (let back = 0; back < rows; back++) sum += history.ago(back) ** 2;
  return Math.sqrt(sum / rows);
}

/** Mean of |x|. */
function magnitude(history: History, rows: number): number {
  let sum = 0;
  for (let back = 0; back < rows; back++) sum += Math.abs(history.ago(back));
  return sum / rows;
}

/** How often the values change the side of their mean (the mean itself is above), over the number of rows. */
function crossings(history: History, rows: number): number {
  const centre = mean(history, rows);
  let changes = 0;
  for (let back = 1; back < rows; back++) {
    if (history.ago(back) >= centre !== history.ago(back - 1) >= centre) changes += 1;
  }
  return changes / rows;
}

/** Mean of |difference of neighbours|; 0 for one row. */
function roughness(history: History, rows: number): number {
  let sum = 0;
  for (let back = 1; back < rows; back++) sum += Math.abs(history.ago(back - 1) - history.ago(back));
  return rows > 1 ? sum / (rows - 1) : 0;
}

const least = extreme(Math.min);
const most = extreme(Math.max);

/** Those from `rms` on are what boards make of their readings too (core/sense/features.h), as are mean, min, max and std. */
export const reductions = {
  value: (history: History) => history.ago(0),
  mean,
  min: least,
  max: most,
  std,
  slope,
  rms,
  magnitude,
  crossings,
  roughness,
  range: (history: History, rows: number) => most(history, rows) - least(history, rows),
} satisfies Record<string, Reduce>;
