/**
 * One figure over the rounds: a line, its last value in words, and any other by pointer or arrow keys. `points`:
 * { round, value }[], in order; values that are no numbers are left out.
 */
const createChart = (words) => {
  const WIDTH = 100;
  const HEIGHT = 40;
  const svg = (tag, looks) => {
    const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, value] of Object.entries(looks)) made.setAttribute(name, value);
    return made;
  };
  const line = svg('path', { class: 'fl-side-line' });
  const cursor = svg('path', { class: 'fl-side-cursor' });
  const dot = svg('path', { class: 'fl-side-dot' });
  const drawing = svg('svg', {
    viewBox: `0 -2 ${WIDTH} ${HEIGHT + 4}`,
    preserveAspectRatio: 'none',
    'aria-hidden': 'true',
  });
  drawing.append(line, cursor, dot);
  const title = element('span', { class: 'fl-side-chart-title' });
  const value = element('b');
  const first = element('span');
  const range = element('span');
  const last = element('span');
  const plot = element('div', { class: 'fl-side-plot', tabindex: '0', role: 'slider' }, drawing);
  const root = element(
    'figure',
    { class: 'fl-side-chart' },
    element('figcaption', {}, title, value),
    plot,
    element('div', { class: 'fl-side-axis', 'aria-hidden': 'true' }, first, range, last),
  );

  let name = '';
  let points = [];
  /** Index of the point that is read; undefined: the last. */
  let read;
  let least = 0;
  let most = 0;
  const x = (i) => (points.length > 1 ? (WIDTH * i) / (points.length - 1) : WIDTH / 2);
  const y = (v) => (most > least ? HEIGHT * (1 - (v - least) / (most - least)) : HEIGHT / 2);

  const say = () => {
    const at = read ?? points.length - 1;
    const { round, value: figure } = points[at];
    setText(
      value,
      read === undefined ? words.number(figure) : words.of('chart.at', { round, value: words.number(figure) }),
    );
    cursor.setAttribute('d', read === undefined ? '' : `M${x(at)},0V${HEIGHT}`);
    // A line without length: its round end is a dot, however the drawing is stretched.
    dot.setAttribute('d', `M${x(at)},${y(figure)}h0`);
    plot.setAttribute('aria-valuenow', String(round));
    plot.setAttribute('aria-valuetext', words.of('chart.at', { round, value: words.number(figure) }));
  };
  const readAt = (i) => {
    if (points.length === 0) return;
    read = i === undefined ? undefined : Math.min(points.length - 1, Math.max(0, i));
    say();
  };
  plot.addEventListener('pointermove', ({ clientX }) => {
    const { left, width } = plot.getBoundingClientRect();
    readAt(Math.round(((clientX - left) / Math.max(1, width)) * (points.length - 1)));
  });
  plot.addEventListener('pointerleave', () => readAt(undefined));
  plot.addEventListener('blur', () => readAt(undefined));
  plot.addEventListener('keydown', (event) => {
    const now = read ?? points.length - 1;
    const to = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: points.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    readAt(to);
  });

  return {
    root,
    /** Nothing to draw: not shown. */
    show(label, given) {
      const before = points.length;
      name = label;
      points = given.filter((point) => Number.isFinite(point.value));
      root.hidden = points.length === 0;
      if (points.length === 0) return;
      if (points.length < before) read = undefined;
      const values = points.map((point) => point.value);
      least = Math.min(...values);
      most = Math.max(...values);
      setText(title, name);
      const rounds = [points[0].round, points[points.length - 1].round];
      setText(first, words.of('chart.round', { round: rounds[0] }));
      setText(range, words.of('chart.range', { least: words.number(least), most: words.number(most) }));
      setText(last, String(rounds[1]));
      line.setAttribute('d', `M${points.map((point, i) => `${x(i)},${y(point.value)}`).join('L')}`);
      plot.setAttribute('aria-label', words.of('chart.label', { name, from: rounds[0], to: rounds[1] }));
      plot.setAttribute('aria-valuemin', String(rounds[0]));
      plot.setAttribute('aria-valuemax', String(rounds[1]));
      if (read !== undefined) read = Math.min(read, points.length - 1);
      say();
    },
  };
};
