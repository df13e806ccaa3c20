/** An element with attributes, listeners (`onclick`, ...) and children. A text is always text: names come from outside. */
const element = (tag, looks = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(looks)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (value !== false && value !== undefined) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children);
  return made;
};

/** Left alone while it is the same: a screen reader reads what changes, and a selection stays. */
const setText = (one, text) => {
  if (one.textContent !== text) one.textContent = text;
};

/** A list of rows that stay the same elements while they stand for the same key. `make(key)` gives { root, show(item) }. */
const keyedList = (list, keyOf, make) => {
  const rows = new Map();
  return (items) => {
    const keys = new Set(items.map(keyOf));
    for (const [key, row] of rows) {
      if (keys.has(key)) continue;
      row.root.remove();
      rows.delete(key);
    }
    items.forEach((item, i) => {
      const key = keyOf(item);
      const row = rows.get(key) ?? make(key);
      rows.set(key, row);
      if (list.children[i] !== row.root) list.insertBefore(row.root, list.children[i] ?? null);
      row.show(item);
    });
  };
};

/** A button that keeps the focus when it can do nothing for now. `press` is not called then. */
const button = (label, icon, press) => {
  let able = true;
  const root = element(
    'button',
    { type: 'button', class: 'red-ui-button red-ui-button-small', onclick: () => able && press() },
    ...(icon ? [element('i', { class: `fa fa-${icon}`, 'aria-hidden': 'true' }), ' '] : []),
    label,
  );
  return {
    root,
    enable(now) {
      able = now;
      root.classList.toggle('disabled', !now);
      root.setAttribute('aria-disabled', String(!now));
    },
  };
};

const revealNode = (id) => {
  if (RED.nodes.node(id)) RED.view.reveal(id);
};
