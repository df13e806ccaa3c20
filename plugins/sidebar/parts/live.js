/**
 * Looks while somebody looks: `ask` again and again while `root` is in sight, and at once when it comes in sight. What takes
 * Node-RED long is asked for more rarely: a look may cost it a twentieth of its time at most.
 */
const whileSeen = (root, ask, everyMs) => {
  let inView = false;
  let timer = null;
  const isSeen = () => inView && document.visibilityState === 'visible';
  const go = () => {
    clearTimeout(timer);
    if (!isSeen()) return;
    const from = performance.now();
    ask(() => {
      timer = setTimeout(go, Math.min(5 * everyMs, Math.max(everyMs, 20 * (performance.now() - from))));
    });
  };
  document.addEventListener('visibilitychange', go);
  new IntersectionObserver(([{ isIntersecting }]) => {
    inView = isIntersecting;
    go();
  }).observe(root);
  return go;
};

/** All federations of this Node-RED, a line each; one at a time is open. */
const showFederations = (words) => {
  const EVERY_MS = 2000;
  const state = element('p', { class: 'fl-side-faint', role: 'status' }, words.of('live.looking'));
  const list = element('ul', { 'aria-label': words.of('tab.name') });
  const examples = button(words.of('live.examples'), 'download', () =>
    RED.actions.invoke('core:show-examples-import-dialog'),
  );
  examples.root.hidden = true;
  const root = element('div', { class: 'fl-side' }, state, examples.root, list);
  const KEPT = 'fl-tinyml-open-federation';
  /** Id of the open one; '': the user has closed it; null: nobody has chosen yet. Kept for the next time by the browser. */
  let open = RED.settings.getLocal(KEPT);
  const lines = new Map();
  let asking;
  let again = () => {};

  const choose = (id) => {
    open = open === id ? '' : id;
    RED.settings.setLocal(KEPT, open);
    for (const line of lines.values()) line.fold();
    again();
  };

  const makeLine = (id) => {
    const name = element('span');
    const caret = element('i', { class: 'fa fa-caret-right', 'aria-hidden': 'true' });
    const phase = element('span', { class: 'fl-side-phase' });
    const figures = element('span', { class: 'fl-side-figures fl-side-faint' });
    const body = `fl-side-body-${id}`;
    const head = element(
      'button',
      { type: 'button', class: 'fl-side-head', 'aria-controls': body, onclick: () => choose(id) },
      element('b', {}, caret, name),
      phase,
      figures,
    );
    const item = element('li', { class: 'fl-side-federation', 'data-id': id }, head);
    let details;
    const line = {
      root: item,
      details: () => details,
      fold() {
        const isOpen = open === id;
        head.setAttribute('aria-expanded', String(isOpen));
        caret.className = `fa fa-caret-${isOpen ? 'down' : 'right'}`;
        figures.hidden = isOpen;
        if (isOpen) return;
        details?.root.remove();
        details = undefined;
      },
      show(now) {
        setText(name, now.name && now.name !== now.federation ? words.of('line.named', now) : now.federation);
        phase.dataset.phase = now.problem ? 'broken' : now.phase;
        setText(phase, [words.phase(now), ...(now.quarantined > 0 ? [words.of('line.out', now)] : [])].join(' · '));
        setText(figures, words.figures(now));
      },
      detail(now, told) {
        if (!details) {
          details = createDetails(words, now, () => again());
          details.root.id = body;
          item.append(details.root);
        }
        details.show(now, told);
      },
    };
    lines.set(id, line);
    line.fold();
    return line;
  };
  const showLines = keyedList(list, ({ id }) => id, makeLine);

  const show = ({ federations, open: told }) => {
    root.classList.remove('fl-side-stale');
    const sorted = [...federations].sort((a, b) => a.federation.localeCompare(b.federation) || (a.id < b.id ? -1 : 1));
    showLines(sorted);
    const there = new Set(sorted.map(({ id }) => id));
    for (const id of [...lines.keys()]) if (!there.has(id)) lines.delete(id);
    const isEmpty = sorted.length === 0;
    setText(state, isEmpty ? words.of('live.none') : '');
    state.hidden = !isEmpty;
    examples.root.hidden = !isEmpty;
    // What was open may come back after a deploy; the only one there is needs no choice.
    const isFree = open !== '' && !there.has(open);
    if (isFree && sorted.length === 1) choose(sorted[0].id);
    const now = sorted.find(({ id }) => id === told?.id);
    if (now && now.id === open) lines.get(open).detail(now, told);
  };
  const lost = ({ status }) => {
    root.classList.add('fl-side-stale');
    state.hidden = false;
    setText(state, words.of(status === 401 || status === 403 ? 'live.forbidden' : 'live.lost'));
  };
  const ask = (done) => {
    const before = asking;
    asking = undefined;
    before?.abort();
    const mine = $.ajax({
      url: 'fl-tinyml/federations',
      data: open ? { open, ...lines.get(open)?.details()?.asked() } : {},
      dataType: 'json',
      timeout: 15_000,
    });
    asking = mine;
    mine
      .done((told) => asking === mine && show(told))
      .fail((answer) => asking === mine && lost(answer))
      .always(() => asking === mine && done());
  };

  return {
    root,
    begin() {
      again = whileSeen(root, ask, EVERY_MS);
    },
  };
};
