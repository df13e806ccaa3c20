/** A heading with what belongs to it; shown while there is something to show. */
const section = (title, ...content) => element('section', {}, element('h4', {}, title), ...content);

/** Who is in quarantine, why, and the way back. `release(client)`: absent where the user may not. */
const createQuarantine = (words, release) => {
  const list = element('ul');
  const root = section(words.of('quarantine.title'), list);
  const show = keyedList(
    list,
    ({ client }) => client,
    (client) => {
      const since = element('div', { class: 'fl-side-faint' });
      const reason = element('div', { class: 'fl-side-faint' });
      const back = release ? button(words.of('quarantine.release'), undefined, () => release(client)) : undefined;
      back?.root.setAttribute('aria-label', words.of('quarantine.releaseClient', { client }));
      const item = element(
        'li',
        { class: 'fl-side-item' },
        ...(back ? [back.root] : []),
        element('b', {}, client),
        since,
        reason,
      );
      item.dataset.client = client;
      return {
        root: item,
        show(one) {
          setText(since, words.of('quarantine.since', { since: one.quarantined, rejections: one.rejections }));
          setText(reason, one.reason);
        },
      };
    },
  );
  return {
    root,
    show(quarantined) {
      root.hidden = quarantined.length === 0;
      show(quarantined);
    },
  };
};

/** What was refused since the node started: how often, and the sentence of the last. */
const createRefused = (words) => {
  const list = element('ul');
  const root = section(words.of('refused.title'), list);
  const show = keyedList(
    list,
    ({ code }) => code,
    (code) => {
      const count = element('b');
      const when = element('span', { class: 'fl-side-faint' });
      const sentence = element('div');
      return {
        root: element('li', { class: 'fl-side-item', 'data-code': code }, count, ' ', when, sentence),
        show(one) {
          setText(count, words.of('refused.count', { code, count: one.count }));
          setText(when, words.ago(one.agoMs));
          setText(sentence, one.sentence);
        },
      };
    },
  );
  return {
    root,
    show(refused) {
      root.hidden = refused.length === 0;
      show(refused);
    },
  };
};

/** Facts in two columns; those that are undefined have no row. */
const createFacts = (words) => {
  const root = element('dl');
  const rows = new Map();
  return {
    root,
    show(facts) {
      for (const [name, value] of Object.entries(facts)) {
        let row = rows.get(name);
        if (!row) {
          row = [element('dt', {}, words.of(`fact.${name}`)), element('dd', { 'data-fact': name })];
          rows.set(name, row);
          root.append(...row);
        }
        for (const cell of row) cell.hidden = value === undefined;
        if (value !== undefined) setText(row[1], value);
      }
    },
  };
};

/** The curves: of the training, of each evaluator, how far the model moved, and what privacy has come to. */
const createCharts = (words) => {
  const root = element('div');
  const show = keyedList(
    root,
    ({ key }) => key,
    () => {
      const chart = createChart(words);
      return { root: chart.root, show: ({ title, points }) => chart.show(title, points) };
    },
  );
  const of = (points, name) => points.map((point) => ({ round: point.round, value: point[name] ?? Number.NaN }));
  return {
    root,
    show(points, series) {
      show([
        { key: 'loss', title: words.of('chart.loss'), points: of(points, 'loss') },
        ...series.map(({ name, figure, points: measured }, i) => ({
          key: `figure ${i}`,
          title: name
            ? words.of('chart.figureOf', { figure: words.of(`figure.${figure}`), name })
            : words.of(`figure.${figure}`),
          points: measured,
        })),
        { key: 'norm', title: words.of('chart.norm'), points: of(points, 'norm') },
        { key: 'clip', title: words.of('chart.clip'), points: of(points, 'clip') },
        { key: 'epsilon', title: words.of('chart.epsilon'), points: of(points, 'epsilon') },
      ]);
    },
  };
};
