// The table as people read it: what was asked, the figures of each data set with what they cost, and what it says.
import { keyOf, titleOf } from './table.mjs';

const line = (cells) => `| ${cells.join(' | ')} |`;
const grouped = (value) => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
const megabytes = (value) => `${(value / 1e6).toFixed(2)} MB`;

/** "x", or "x to y" where the columns differ. */
function range(cells, key, shown) {
  const values = cells.filter(({ figures }) => figures[key]).map(({ figures }) => figures[key].mean);
  if (values.length === 0) return '–';
  const [least, most] = [shown(Math.min(...values)), shown(Math.max(...values))];
  return least === most ? least : `${least} to ${most}`;
}

function figureTable(table, results, data, { key, name, unit, scale = 1, digits = 1, rows: wanted = () => true }) {
  const cells = results[keyOf(data)];
  if (!cells.flat().some(({ figures }) => figures[key])) return [];
  const rows = table.rows.flatMap((row, i) => {
    if (!wanted(row) || !cells[i].some(({ figures }) => figures[key])) return [];
    const values = cells[i].map(({ figures, refused }) => {
      const found = figures[key];
      if (!found) return refused ? 'refused' : '–';
      return `${(scale * found.mean).toFixed(digits)} ± ${(scale * found.deviation).toFixed(digits)}`;
    });
    const cost = [
      range(cells[i], 'bytesUp', megabytes),
      range(cells[i], 'bytesDown', megabytes),
      range(cells[i], 'steps', grouped),
    ];
    return [line([row.name, ...values, ...cost])];
  });
  const heads = ['', ...table.columns.map((column) => column.name), 'up', 'down', 'steps'];
  return [`### ${titleOf(data)}: ${name}, ${unit}`, '', line(heads), line(heads.map(() => '---')), ...rows, ''];
}

function refusals(table, results) {
  const sentences = new Map();
  for (const name of table.data.map(keyOf)) {
    for (const [row, cells] of results[name].entries()) {
      for (const [column, { refused, failed }] of cells.entries()) {
        const reason = refused ?? failed?.split('\n')[0];
        if (!reason) continue;
        const where = `${table.rows[row].name} × ${table.columns[column].name}`;
        sentences.set(reason, [...(sentences.get(reason) ?? []), where]);
      }
    }
  }
  if (sentences.size === 0) return [];
  const list = [...sentences].map(([reason, where]) => `- ${reason} (${[...new Set(where)].join(', ')})`);
  return ['## Not run', '', ...list, ''];
}

export function markdownOf(name, table, results, seeds) {
  const remarks = table.remarks?.(results, table) ?? [];
  const lines = [
    `# ${table.title}`,
    '',
    table.about.trim(),
    '',
    `Mean ± standard deviation over the seeds ${seeds.join(', ')}. *up*, *down*: bytes of the vectors of one federation, all clients together; *steps*: optimiser steps of all clients. ` +
      `All figures, also by seed: [${name}.csv](${name}.csv). Made by \`npm run experiment -- ${name}\`.`,
    '',
    `![${table.title}](${name}.svg)`,
    '',
    ...(remarks.length > 0 ? ['## What it says', '', ...remarks, ''] : []),
    '## Figures',
    '',
    ...table.data.flatMap((data) => table.figures.flatMap((figure) => figureTable(table, results, data, figure))),
    ...refusals(table, results),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}
