// The rows of a dialogue: plain HTML from the fields that a node declares (nodes/README.md says which words there are).

const text = (key) => `<span data-i18n="${key}"></span>`;
const attribute = (name, value) => (value === undefined ? '' : ` ${name}="${value}"`);
const icon = (name) => (name ? `<i class="fa fa-${name}"></i> ` : '');
const unitKey = ({ name, unit }) => (unit === true ? `unit.${name}` : unit);
/** `unit`: a key, or { when it is shown: key }. */
function unitOf(field) {
  if (!field.unit) return '';
  const units = typeof field.unit === 'object' ? Object.entries(field.unit) : [[undefined, unitKey(field)]];
  return units
    .map(([when, key]) => ` <span class="fl-unit"${attribute('data-fl-when', when)} data-i18n="${key}"></span>`)
    .join('');
}
const labelKey = ({ name, label }) => (typeof label === 'string' ? label : `label.${name}`);
const placeholderOf = ({ name, placeholder }) =>
  placeholder === undefined
    ? ''
    : ` data-i18n="[placeholder]${placeholder === true ? `placeholder.${name}` : placeholder}"`;

function label(field, id) {
  if (field.label === false) return `<label for="${id}"></label>`;
  return `<label for="${id}">${icon(field.icon)}${text(labelKey(field))}</label>`;
}

function input(field, id, width) {
  const style = width ? ` style="width: ${width}"` : '';
  const type = field.kind === 'password' ? 'password' : 'text';
  const more = attribute('autocomplete', field.autocomplete) + attribute('list', field.list);
  return `<input type="${type}" id="${id}"${style}${more}${field.readonly ? ' readonly' : ''}${placeholderOf(field)}>`;
}

/**
 * [value, key of its text] of each option: `options` are { value: key }, or [value, ...] where the keys are NAME.value; instead of a
 * key there may be more options, a group of the name `value`.
 */
export const optionsOf = (name, options = []) =>
  Array.isArray(options)
    ? options.map((option) => (Array.isArray(option) ? option : [option, `${name}.${option}`]))
    : Object.entries(options);

function optionLines(name, options) {
  return optionsOf(name, options).flatMap(([value, key]) =>
    typeof key === 'string'
      ? [`<option value="${value}" data-i18n="${key}"></option>`]
      : [`<optgroup data-i18n="[label]${value}">`, ...optionLines(name, key).map((line) => `  ${line}`), '</optgroup>'],
  );
}

const tick = (id, style) => `<input type="checkbox" id="${id}" style="width: auto; ${style}">`;

/** What stands behind the label, as lines. */
const controls = {
  text: (field, id) => [`${input(field, id, field.width)}${unitOf(field)}`],
  password: (field, id) => [input(field, id)],
  model: (field, id) => [input(field, id)],
  message: (field, id) => [input(field, id, '70%')],
  number: (field, id) => [
    input(field, id, field.width ?? (field.or ? '250px' : '150px')) +
      (field.or ? `<input type="hidden" id="${id}Type">` : '') +
      unitOf(field),
  ],
  choice: (field, id) => {
    const open = `<select id="${id}"${attribute('class', field.class)} style="width: ${field.width ?? '70%'}">`;
    const lines = optionLines(field.name, field.options);
    return lines.length === 0 ? [`${open}</select>`] : [open, ...lines.map((line) => `  ${line}`), '</select>'];
  },
};

/** What it means stands behind the box; with an icon, or several below one another, the row has a label as others. */
function checkbox(field, id) {
  if (field.unit) {
    const box = tick(id, 'margin: 0 6px 0 0; vertical-align: baseline');
    return [label(field, id), `${box}${text(unitKey(field))}`];
  }
  const box = tick(id, 'margin: 3px 6px 0 0; vertical-align: top');
  const style = 'width: calc(70% - 22px); vertical-align: top';
  return ['<label></label>', `${box}<label for="${id}" style="${style}" data-i18n="${labelKey(field)}"></label>`];
}

/** A title, a note or a piece of HTML between the rows. */
function between({ title, note, tip, html, id, when }) {
  const shown = attribute('id', id) + attribute('data-fl-when', when);
  if (title) return `<div class="fl-title"${shown} data-i18n="title.${title}"></div>`;
  if (note) return `<div class="fl-note"${shown}${note === true ? '' : ` data-i18n="${note}"`}></div>`;
  if (tip) return `<div class="form-tips fl-tip"${shown}${tip === true ? '' : ` data-i18n="${tip}"`}></div>`;
  return when ? `<div data-fl-when="${when}">\n${html.replace(/^/gm, '  ')}\n</div>` : html;
}

function row(field, prefix, guests) {
  const id = prefix + field.name;
  const lines =
    field.kind === 'checkbox' ? checkbox(field, id) : [label(field, id), ...controls[field.kind](field, id)];
  for (const guest of guests) {
    const inner = controls[guest.kind](guest, prefix + guest.name);
    lines.push(...(guest.when ? [`<span data-fl-when="${guest.when}">`, ...inner, '</span>'] : inner));
  }
  if (field.after) lines.push(field.after);
  return [
    `<div class="form-row"${attribute('id', field.id)}${attribute('data-fl-when', field.when)}>`,
    ...lines.map((line) => `  ${line}`),
    '</div>',
  ].join('\n');
}

/** `prefix`: what Node-RED puts before a field's name in its id. */
export function rowsOf(entries, prefix) {
  const rows = [];
  for (const [index, entry] of entries.entries()) {
    if (entry.name === undefined) rows.push(between(entry));
    else if (entry.kind !== 'own' && !entry.beside) {
      const behind = entries.slice(index + 1);
      const end = behind.findIndex((next) => !next.beside);
      rows.push(row(entry, prefix, end < 0 ? behind : behind.slice(0, end)));
    }
  }
  return rows.join('\n');
}
