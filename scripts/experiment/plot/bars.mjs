// Groups of bars with the deviation over the seeds as a whisker: a group for each row, a bar for each column.
import { FRAME, key, verticalAxis } from './axes.mjs';
import { colours, element, line, rect, text, widthOf } from './svg.mjs';

/** values: row -> column -> { mean, deviation } or undefined. The axis begins at `low` (default 0). */
export function bars({ title, unit, rows, columns, values, low = 0, high }) {
  const bar = Math.max(6, Math.min(22, 130 / columns.length));
  const slanted = rows.some((name) => widthOf(name) > bar * columns.length + 14);
  const group = bar * columns.length + 18;
  const width = group * rows.length + 10;
  const all = values.flat().filter((value) => value !== undefined);
  const most = high ?? Math.max(...all.map(({ mean, deviation }) => mean + deviation));
  const { y, first, parts } = verticalAxis({ title, unit, low, high: most, width });
  const bottom = FRAME.top + FRAME.height;
  rows.forEach((name, row) => {
    const x = FRAME.left + 10 + row * group;
    columns.forEach((_, column) => {
      const value = values[row][column];
      if (value === undefined) return;
      const top = y(Math.max(first, value.mean));
      const middle = x + (column + 0.5) * bar;
      parts.push(rect(x + column * bar, top, bar - 1, bottom - top, colours[column % colours.length]));
      const [above, below] = [value.mean + value.deviation, value.mean - value.deviation].map((end) =>
        y(Math.max(first, Math.min(most, end))),
      );
      if (value.deviation > 0) parts.push(line(middle, above, middle, below, '#111', 1));
    });
    const center = x + (bar * columns.length) / 2;
    const turn = { transform: `rotate(-30 ${Math.round(center)} ${bottom + 14})`, 'text-anchor': 'end' };
    parts.push(text(center, bottom + 16, name, slanted ? turn : { 'text-anchor': 'middle' }));
  });
  const legend = key(columns, FRAME.left + width + 16);
  const below = slanted ? 14 + Math.max(...rows.map((name) => widthOf(name))) * 0.5 : 22;
  return {
    width: FRAME.left + width + 16 + legend.width,
    height: Math.max(bottom + below, legend.height),
    inner: element('g', {}, parts, legend.inner),
  };
}
