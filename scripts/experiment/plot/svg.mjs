// Elements of an SVG as text. Numbers have at most two decimals, so that the same figures give the same bytes.
const escaped = (text) => String(text).replace(/[&<>"]/g, (mark) => `&#${mark.charCodeAt(0)};`);
const shown = (value) => (typeof value === 'number' ? String(Number(value.toFixed(2))) : escaped(value));

export const element = (name, attributes, ...inner) => {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${shown(value)}"`);
  return inner.length === 0
    ? `<${name}${written.join('')}/>`
    : `<${name}${written.join('')}>${inner.flat().join('')}</${name}>`;
};

export const text = (x, y, words, attributes = {}) => element('text', { x, y, ...attributes }, escaped(words));
export const line = (x1, y1, x2, y2, stroke = '#444', width = 1) =>
  element('line', { x1, y1, x2, y2, stroke, 'stroke-width': width });
export const rect = (x, y, width, height, fill, attributes = {}) =>
  element('rect', { x, y, width, height, fill, ...attributes });

/** Width of a text at this size, about: no font is measured. */
export const widthOf = (words, size = 12) => String(words).length * size * 0.56;

/** One drawing of several panels below one another; panel: { width, height, inner } drawn from its own 0, 0. */
export function page(title, panels) {
  const width = Math.max(widthOf(title, 15) + 40, ...panels.map((panel) => panel.width)) + 20;
  let y = 40;
  const placed = panels.map((panel) => {
    const group = element('g', { transform: `translate(10 ${y})` }, panel.inner);
    y += panel.height + 24;
    return group;
  });
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(y)}`,
    'font-family': 'Helvetica, Arial, sans-serif',
    'font-size': 12,
    fill: '#222',
  };
  const heading = text(10, 24, title, { 'font-size': 15, 'font-weight': 'bold' });
  const name = element('title', {}, escaped(title));
  return `${element('svg', attributes, name, rect(0, 0, width, y, '#fff'), heading, '\n', placed.join('\n'))}\n`;
}

/** Told apart by people who see colours differently too (Okabe & Ito 2008). */
export const colours = [
  '#0072b2',
  '#e69f00',
  '#009e73',
  '#d55e00',
  '#cc79a7',
  '#56b4e9',
  '#555555',
  '#b8a800',
  '#7b4ea3',
  '#8c564b',
  '#17a2a2',
];

/** Round numbers from 0 or below `low` to `high` or above, about `wanted` of them. */
export function ticks(low, high, wanted = 5) {
  const raw = (high - low || 1) / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((times) => times * power).find((each) => each >= raw * 0.999);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** 1, 2 and 5 times powers of ten, from `low` to `high`. */
export function decades(low, high) {
  const powers = Array.from({ length: 40 }, (_, i) => i - 20);
  return powers
    .flatMap((power) => [1, 2, 5].map((times) => Number((times * 10 ** power).toPrecision(3))))
    .filter((value) => value >= low && value <= high);
}
