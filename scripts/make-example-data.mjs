// Makes the rows that the examples ship from the public data sets (see datasets/README.md for their sources):
//   node scripts/make-example-data.mjs [folder with turbofan/, weather-stations/, digits/ and spoken-digits/]
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const source = process.argv[2] ?? join(root, '../shared/data');
const target = join(root, 'datasets');
mkdirSync(target, { recursive: true });

// Neither set has quoted cells.
const read = (...names) => {
  const [header, ...lines] = readFileSync(join(source, ...names), 'utf8')
    .trim()
    .split(/\r?\n/);
  const columns = header.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [columns[i], cell])));
};
const write = (name, columns, rows) => {
  const lines = rows.map((row) => columns.map((column) => row[column]).join(','));
  writeFileSync(join(target, name), `${[columns.join(','), ...lines].join('\n')}\n`);
  console.log(`${name}: ${rows.length} rows`);
};
/** "641.80" and "641.8" are the same number: the shorter one is kept. */
const short = (cell) => (cell === '' ? '' : String(Number(cell)));

const sensors = ['s2', 's3', 's4', 's7', 's8', 's9', 's11', 's12', 's13', 's14', 's15', 's17', 's20', 's21'];
const shorten = (row, columns) => ({
  ...row,
  ...Object.fromEntries(columns.map((column) => [column, short(row[column])])),
});

// Plant i of ten has the engines i, i + 20, i + 40, i + 60 and i + 80 (i from 1).
const plantOf = (unit) => ((unit - 1) % 20) + 1;
const train = read('turbofan', 'train.csv')
  .filter(({ unit }) => plantOf(Number(unit)) <= 10)
  .map((row) => ({ ...shorten(row, sensors), plant: `plant-${String(plantOf(Number(row.unit))).padStart(2, '0')}` }));
write('factory-train.csv', ['plant', 'unit', 'cycle', ...sensors], train);

const left = new Map(
  read('turbofan', 'test-remaining-cycles.csv').map((row) => [row.unit, Number(row.remaining_cycles)]),
);
const test = read('turbofan', 'test.csv');
const last = new Map(test.map(({ unit, cycle }) => [unit, Number(cycle)]));
for (const row of test) row.remaining_cycles = left.get(row.unit) + last.get(row.unit) - Number(row.cycle);
write(
  'factory-test.csv',
  ['unit', 'cycle', ...sensors, 'remaining_cycles'],
  test.map((row) => shorten(row, sensors)),
);

// October to April, hour by hour; the summer before and between is not asked about.
const cold = ({ time }) => ![5, 6, 7, 8, 9].includes(Number(time.slice(5, 7)));
const weather = ['TEMP', 'DEWP', 'PRES', 'WSPM', 'RAIN'];
const stations = readdirSync(join(source, 'weather-stations'))
  .filter((name) => name.endsWith('.csv'))
  .sort();
const hours = stations.flatMap((file) =>
  read('weather-stations', file)
    .filter(cold)
    .map((row) => ({ ...shorten(row, weather), station: basename(file, '.csv') })),
);
const byTime = (a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : a.station < b.station ? -1 : 1);
hours.sort(byTime);
write(
  'frost-train.csv',
  ['station', 'time', ...weather],
  hours.filter(({ time }) => time < '2015-10-01'),
);
write(
  'frost-test.csv',
  ['station', 'time', ...weather],
  hours.filter(({ time }) => time >= '2015-10-01'),
);

// Written digits as they are: 8 x 8 pixels from 0 to 16.
const pixels = Array.from({ length: 64 }, (_, i) => `p${i}`);
write('digits.csv', [...pixels, 'digit'], read('digits', 'digits.csv'));

// Spoken digits of all six speakers: takes 0 to 4 to measure with, 15 more to learn from.
const cepstra = Array.from({ length: 160 }, (_, i) => `f${Math.floor(i / 10)}_c${i % 10}`);
write(
  'spoken-digits.csv',
  ['speaker', 'take', 'digit', ...cepstra],
  read('spoken-digits', 'mfcc_16x10_int8.csv').filter(({ take }) => Number(take) < 20),
);
