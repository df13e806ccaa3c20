// Axes of a panel and the key beside it.
import { colours, element, line, rect, text, ticks, widthOf } from './svg.mjs';

export const FRAME = { left: 56, top: 42, height: 240 };

/** The vertical axis with its grid; gives (value) -> y and the drawn parts. */
export function verticalAxis({ title, unit, low, high, width }) {
  const marks = ticks(low, high);
  const [first, last] = [marks[0], marks.at(-1)];
  const y = (value) => FRAME.top + FRAME.height * (1 - (value - first) / (last - first));
  const parts = [
    text(0, 14, title, { 'font-size': 13, 'font-weight': 'bold' }),
    text(FRAME.left, FRAME.top - 8, unit, { 'font-size': 11, fill: '#555', 'text-anchor': 'end' }),
  ];
  for (const mark of marks) {
    parts.push(line(FRAME.left, y(mark), FRAME.left + width, y(mark), mark === first ? '#444' : '#ddd'));
    parts.push(text(FRAME.left - 6, y(mark) + 4, mark, { 'text-anchor': 'end', 'font-size': 11 }));
  }
  return { y, first, parts };
}

/** The names of the series and their colours, to the right of the panel. */
export function key(names, x) {
  const parts = names.flatMap((name, i) => [
    rect(x, FRAME.top + i * 19, 12, 12, colours[i % colours.length]),
    text(x + 18, FRAME.top + i * 19 + 10, name),
  ]);
  const width = Math.max(...names.map((name) => widthOf(name))) + 24;
  return { width, height: FRAME.top + names.length * 19, inner: element('g', {}, parts) };
}
