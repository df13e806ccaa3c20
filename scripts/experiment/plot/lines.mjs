// Lines over numbers (rounds, or a setting), one for each series; a logarithmic axis where the numbers ask for it.
import { FRAME, key, verticalAxis } from './axes.mjs';
import { colours, decades, element, line, text } from './svg.mjs';

const WIDTH = 480;

/** series: [{ name, points: [[x, y, deviation?]] }]. `log`: the horizontal axis; `round`: it has round numbers of its own. */
export function lines({ title, unit, xTitle, series, low, high, log = false, round = false }) {
  const points = series.flatMap((one) => one.points);
  const place = log ? Math.log10 : (value) => value;
  const xs = points.map(([x]) => place(x));
  const [from, to] = [Math.min(...xs), Math.max(...xs)];
  const x = (value) => FRAME.left + 8 + ((WIDTH - 16) * (place(value) - from)) / (to - from || 1);
  const ys = points.flatMap(([, value, deviation = 0]) => [value - deviation, value + deviation]);
  const { y, parts } = verticalAxis({
    title,
    unit,
    low: low ?? Math.min(...ys),
    high: high ?? Math.max(...ys),
    width: WIDTH,
  });
  const bottom = FRAME.top + FRAME.height;
  const marks = round
    ? decades(Math.min(...points.map(([value]) => value)), Math.max(...points.map(([value]) => value)))
    : [...new Set(points.map(([value]) => value))].sort((a, b) => a - b);
  const every = Math.ceil(marks.length / 12);
  for (const mark of marks.filter((_, i) => i % every === (marks.length - 1) % every)) {
    parts.push(line(x(mark), bottom, x(mark), bottom + 4));
    parts.push(text(x(mark), bottom + 16, mark, { 'text-anchor': 'middle', 'font-size': 11 }));
  }
  parts.push(text(FRAME.left + WIDTH / 2, bottom + 34, xTitle, { 'text-anchor': 'middle' }));
  for (const [i, one] of series.entries()) {
    const stroke = colours[i % colours.length];
    const path = one.points.map(([at, value], k) => `${k === 0 ? 'M' : 'L'}${x(at).toFixed(1)} ${y(value).toFixed(1)}`);
    parts.push(element('path', { d: path.join(''), fill: 'none', stroke, 'stroke-width': 2 }));
    for (const [at, value, deviation = 0] of one.points) {
      if (one.points.length <= 12) parts.push(element('circle', { cx: x(at), cy: y(value), r: 3, fill: stroke }));
      if (deviation > 0) parts.push(line(x(at), y(value - deviation), x(at), y(value + deviation), stroke));
    }
  }
  const legend = key(
    series.map(({ name }) => name),
    FRAME.left + WIDTH + 16,
  );
  return {
    width: FRAME.left + WIDTH + 16 + legend.width,
    height: Math.max(bottom + 40, legend.height),
    inner: element('g', {}, parts, legend.inner),
  };
}
