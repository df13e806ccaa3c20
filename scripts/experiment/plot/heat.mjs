// A field of numbers: rows by columns, the worse the darker.
import { element, rect, text, widthOf } from './svg.mjs';

const CELL = { width: 62, height: 24 };

/** From white (0) over orange to dark red (1). */
function colourOf(worse) {
  const stops = [
    [255, 255, 255],
    [253, 200, 120],
    [215, 75, 40],
    [110, 0, 20],
  ];
  const at = Math.min(1, Math.max(0, worse)) * (stops.length - 1);
  const i = Math.min(stops.length - 2, Math.floor(at));
  const mixed = stops[i].map((part, k) => Math.round(part + (stops[i + 1][k] - part) * (at - i)));
  return { fill: `rgb(${mixed.join(' ')})`, ink: at > 1.7 ? '#fff' : '#222' };
}

/** values: row -> column -> number or undefined; worse: (value, row, column) -> 0 (good) to 1; shown: (value) -> text. */
export function heat({ title, rows, columns, values, worse, shown }) {
  const left = Math.max(...rows.map((name) => widthOf(name))) + 14;
  const top = 34 + Math.max(...columns.map((name) => widthOf(name))) * 0.72;
  const parts = [text(0, 14, title, { 'font-size': 13, 'font-weight': 'bold' })];
  columns.forEach((name, column) => {
    const x = left + (column + 0.5) * CELL.width;
    parts.push(text(x, top - 6, name, { transform: `rotate(-45 ${Math.round(x)} ${Math.round(top - 6)})` }));
  });
  rows.forEach((name, row) => {
    const y = top + row * CELL.height;
    parts.push(text(left - 8, y + 16, name, { 'text-anchor': 'end' }));
    columns.forEach((_, column) => {
      const value = values[row][column];
      const x = left + column * CELL.width;
      const { fill, ink } = value === undefined ? { fill: '#ddd', ink: '#777' } : colourOf(worse(value, row, column));
      parts.push(rect(x, y, CELL.width, CELL.height, fill, { stroke: '#bbb', 'stroke-width': 0.5 }));
      const words = value === undefined ? '–' : shown(value);
      parts.push(text(x + CELL.width / 2, y + 16, words, { 'text-anchor': 'middle', fill: ink }));
    });
  });
  const lastWidth = widthOf(columns.at(-1)) * 0.72;
  return {
    width: left + columns.length * CELL.width + lastWidth,
    height: top + rows.length * CELL.height,
    inner: element('g', {}, parts),
  };
}
