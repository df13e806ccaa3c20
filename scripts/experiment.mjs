// Runs a table of experiments and writes docs/results/TABLE.md, .csv and .svg:
//   npm run experiment -- TABLE [--seeds 1,2,3,4,5] [--processes 2] [--fresh] [--to FOLDER]
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { draw } from './experiment/draw.mjs';
import { runCells } from './experiment/run-cells.mjs';
import { cellsOf } from './experiment/settings.mjs';
import { summarise } from './experiment/summary.mjs';
import { csvOf } from './experiment/write-csv.mjs';
import { markdownOf } from './experiment/write-markdown.mjs';
import { ensureReady, root } from './lib/ready.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '1,2,3,4,5' },
    processes: { type: 'string', default: '2' },
    fresh: { type: 'boolean', default: false },
    to: { type: 'string', default: join(root, 'docs/results') },
  },
});
const folder = join(root, 'scripts/experiment/tables');
const tables = readdirSync(folder)
  .filter((file) => file.endsWith('.mjs'))
  .map((file) => basename(file, '.mjs'));
const [name] = positionals;
if (positionals.length !== 1 || !existsSync(join(folder, `${name}.mjs`))) {
  process.stderr.write(`Name one table of ${tables.join(', ')}: npm run experiment -- ${tables[0]}\n`);
  process.exit(1);
}

ensureReady();
const { table } = await import(`./experiment/tables/${name}.mjs`);
const seeds = values.seeds.split(',').map(Number);
const cells = cellsOf(table, seeds);
const began = Date.now();
const figures = await runCells(cells, {
  processes: Number(values.processes),
  fresh: values.fresh,
  onDone: (done, all) => {
    const isStep = done === all || done % Math.ceil(all / 20) === 0;
    if (isStep)
      process.stderr.write(`${name}: ${done} of ${all} federations, ${Math.round((Date.now() - began) / 1000)} s\n`);
  },
});
const failed = figures.filter((one) => one.failed);
if (failed.length > 0) process.stderr.write(`${failed.length} federations failed, such as:\n${failed[0].failed}\n`);

const results = summarise(table, cells, figures);
mkdirSync(values.to, { recursive: true });
const files = {
  md: markdownOf(name, table, results, seeds),
  csv: csvOf(table, results, seeds),
  svg: draw(table, results),
};
for (const [ending, content] of Object.entries(files)) writeFileSync(join(values.to, `${name}.${ending}`), content);
console.log(`${join(values.to, `${name}.md`)}, .csv and .svg`);
process.exitCode = failed.length > 0 ? 1 : 0;
