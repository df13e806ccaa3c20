/** Types of nodes that take part in a federation under a name. */
const PARTICIPANTS = ['fl-client', 'fl-serial-device', 'fl-distill'];

/** The nodes of these flows that take part: by the client's name, as nodes/shared/participation.ts finds it. */
const participantsOf = (federation) => {
  const filled = (value) => (typeof value === 'string' ? value.trim() : '');
  const found = new Map();
  RED.nodes.eachNode((node) => {
    if (!PARTICIPANTS.includes(node.type) || (filled(node.federation) || 'default') !== federation) return;
    found.set(filled(node.client) || filled(node.name) || node.id, node.id);
  });
  return found;
};

/**
 * The clients, a row each. Only rows in sight exist, and only they are asked for: `asked()` is the query of the next look,
 * `again()` is called when it should come at once.
 */
const createClientList = (words, again) => {
  /** As look.css has it. */
  const ROW = 42;
  const SPARE = 4;
  const find = element('input', {
    type: 'search',
    placeholder: words.of('clients.find'),
    'aria-label': words.of('clients.find'),
  });
  const order = element(
    'select',
    { 'aria-label': words.of('clients.order') },
    ...['name', 'silence', 'loss'].map((name) => element('option', { value: name }, words.of(`clients.by.${name}`))),
  );
  const count = element('span', { class: 'fl-side-faint', role: 'status' });
  const canvas = element('div', { class: 'fl-side-canvas' });
  const port = element('div', { class: 'fl-side-port', role: 'list', 'aria-label': words.of('clients.title') }, canvas);
  const tools = element('div', { class: 'fl-side-tools' }, find, order);
  const root = element('div', {}, tools, port, count);

  let page = { total: 0, from: 0, rows: [] };
  let nodes = new Map();
  /** The row that the tab key comes to. */
  let current = 0;
  let wait = null;
  const rows = new Map();

  const inSight = () => {
    const from = Math.max(0, Math.floor(port.scrollTop / ROW) - SPARE);
    return { from, count: Math.ceil((port.clientHeight || 8 * ROW) / ROW) + 2 * SPARE };
  };
  const soon = (ms) => {
    clearTimeout(wait);
    wait = setTimeout(again, ms);
  };

  const stateOf = ({ quarantined, away, answer, missed, silentMs }) => {
    if (quarantined !== undefined) return 'quarantined';
    if (away) return 'away';
    return answer ?? (missed ? 'missed' : silentMs === undefined ? 'unheard' : 'there');
  };
  const saidOf = ({ silentMs, samples, asked, loss, failure }) =>
    [
      silentMs === undefined ? words.of('clients.unheard') : words.ago(silentMs),
      ...(asked ? [words.of('clients.round', { round: asked })] : []),
      words.of('clients.samples', { samples }),
      ...(loss === undefined ? [] : [words.of('clients.loss', { loss: words.number(loss) })]),
      ...(failure === undefined ? [] : [failure]),
    ].join(' · ');

  const makeRow = (index) => {
    const name = element('span', { class: 'fl-side-name' });
    const state = element('span', { class: 'fl-side-state' });
    const said = element('span', { class: 'fl-side-said' });
    let client;
    const press = element(
      'button',
      { type: 'button', class: 'fl-side-client', onclick: () => client && revealNode(nodes.get(client)) },
      name,
      state,
      said,
    );
    press.addEventListener('focus', () => {
      current = index;
      draw();
    });
    const item = element('div', { class: 'fl-side-row', role: 'listitem', style: `top: ${index * ROW}px` }, press);
    return {
      item,
      press,
      show(one) {
        client = one?.client;
        const known = one && nodes.has(one.client);
        item.setAttribute('aria-setsize', String(page.total));
        item.setAttribute('aria-posinset', String(index + 1));
        item.dataset.client = client ?? '';
        press.tabIndex = index === current ? 0 : -1;
        press.classList.toggle('fl-side-remote', !known);
        setText(name, client ?? '…');
        setText(said, one ? saidOf(one) : '');
        const is = one ? stateOf(one) : '';
        setText(state, is && words.of(`clients.state.${is}`));
        state.dataset.state = is;
        press.title = one ? `${client}\n${saidOf(one)}\n${words.of(known ? 'clients.reveal' : 'clients.remote')}` : '';
      },
    };
  };

  const draw = () => {
    canvas.style.height = `${page.total * ROW}px`;
    root.classList.toggle('fl-side-none', page.total === 0);
    const { from, count: many } = inSight();
    const to = Math.min(page.total, from + many);
    const focused = [...rows].find(([, { press }]) => press === document.activeElement)?.[0];
    for (const [index, { item }] of rows) {
      if ((index >= from && index < to) || (index === focused && index < page.total)) continue;
      item.remove();
      rows.delete(index);
    }
    if (current < from || current >= to) current = focused ?? from;
    for (let index = from; index < to; index++) {
      const row = rows.get(index) ?? makeRow(index);
      if (!rows.has(index)) {
        rows.set(index, row);
        canvas.append(row.item);
      }
      row.show(page.rows[index - page.from]);
    }
  };

  const focusRow = (index) => {
    const to = Math.min(page.total - 1, Math.max(0, index));
    if (to < 0) return;
    if (to * ROW < port.scrollTop) port.scrollTop = to * ROW;
    if ((to + 1) * ROW > port.scrollTop + port.clientHeight) port.scrollTop = (to + 1) * ROW - port.clientHeight;
    current = to;
    draw();
    rows.get(to)?.press.focus({ preventScroll: true });
  };
  port.addEventListener('keydown', (event) => {
    const screen = Math.max(1, Math.floor(port.clientHeight / ROW) - 1);
    const ways = { ArrowDown: 1, ArrowUp: -1, PageDown: screen, PageUp: -screen, Home: -page.total, End: page.total };
    const way = ways[event.key];
    if (way === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    focusRow(current + way);
  });
  port.addEventListener('scroll', () => {
    draw();
    const { from, count: many } = inSight();
    const to = Math.min(page.total, from + many);
    if (from < page.from || to > page.from + page.rows.length) soon(80);
  });
  const anew = () => {
    port.scrollTop = 0;
    soon(150);
  };
  find.addEventListener('input', anew);
  order.addEventListener('change', anew);

  return {
    root,
    asked: () => ({ find: find.value, order: order.value, ...inSight() }),
    show(next, known, federation) {
      page = next;
      nodes = participantsOf(federation);
      tools.hidden = known === 0;
      setText(
        count,
        page.total === known
          ? words.of('clients.all', { known })
          : words.of('clients.some', { total: page.total, known }),
      );
      draw();
    },
  };
};
