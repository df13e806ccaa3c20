// The words in which a node's fields.mjs declares its dialogue; nodes/README.md explains them.

export const text = (name, looks) => ({ name, kind: 'text', ...looks });

/** `range`: '(0, 1]' for a number above 0 and up to 1, [1, 16] for a whole one from 1 to 16. */
export const number = (name, value, range, looks) => ({
  ...{ name, kind: 'number', value },
  ...(Array.isArray(range) ? { whole: range } : { between: range }),
  ...looks,
});

/** `options`: { value: key of its text }, or [value, ...] where the keys are NAME.value. */
export const choice = (name, options, looks) => ({ name, kind: 'choice', options, ...looks });

/** Options whose texts lie together: keyed('option', 'all', 'some') is { all: 'option.all', some: 'option.some' }. */
export const keyed = (under, ...values) => Object.fromEntries(values.map((value) => [value, `${under}.${value}`]));

export const checkbox = (name, looks) => ({ name, kind: 'checkbox', ...looks });

/** A property of the message. */
export const message = (name, value, looks) => ({ name, kind: 'message', value, ...looks });

/** What the flow keeps for the node without a row of its own. */
export const own = (name, value) => ({ name, kind: 'own', value });

/** Between the rows: a heading; a grey line below a row; a box. The last two may have an id instead of a text. */
export const title = (key, looks) => ({ title: key, ...looks });
export const note = (key, looks) => ({ note: key ?? true, ...looks });
export const tip = (key, looks) => ({ tip: key ?? true, ...looks });
export const html = (source) => ({ html: source });

/** The same entries, shown only where `when` holds too. */
export const shownWhen = (when, entries) =>
  entries.map((entry) => ({ ...entry, when: entry.when ? `${when}&${entry.when}` : when }));

export const name = text('name', { icon: 'tag', placeholder: 'label.name' });

/** The model of who does not work without. Never with `required`: the editor would not ask why it is wrong, or not at all. */
export const model = { name: 'model', kind: 'model', type: 'fl-model', needed: true, icon: 'cubes' };

/** The model of who also works without: Node-RED itself says when the chosen one is wrong. */
export const modelIfAny = { name: 'model', kind: 'model', type: 'fl-model', required: false, icon: 'cubes' };

/** Model and federation of who only looks at the models that come by. */
export const observed = [model, text('federation', { icon: 'share-alt', placeholder: true })];

/** Of who takes part with samples of its own. */
export const participant = [
  text('client', { longest: 100, placeholder: true, icon: 'user-o' }),
  text('federation', { value: 'default', needed: true, icon: 'share-alt' }),
  model,
  number('minSamples', '16', [1, 10000000], { unit: 'unit.samples', icon: 'sign-in' }),
];

/** How many samples it keeps: its dialogue includes form/participant.js. */
export const capacity = (value) =>
  number('capacity', value, [1, 10000000], { unit: 'unit.most', recheck: ['minSamples'], icon: 'inbox' });
