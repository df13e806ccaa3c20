import assert from 'node:assert/strict';
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, it } from 'mocha';
import type { Row } from '../../../lib/data/cell';
import { readCsv } from '../../../lib/data/csv';
import { type DatasetSpec, readBatches, requiredColumns, type SampleBatch } from '../../../lib/data/dataset';

const example = (name: string): string => join(__dirname, '../../../../datasets', name);
const csvRows = (name: string): Record<string, string>[] => {
  const [header, ...lines] = readFileSync(example(name), 'utf8').trim().split('\n');
  const columns = header.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [columns[i], cell])));
};

async function collect(rows: AsyncIterable<Row>, spec: DatasetSpec): Promise<SampleBatch[]> {
  const batches: SampleBatch[] = [];
  for await (const batch of readBatches(rows, spec)) batches.push(batch);
  return batches;
}
const readFile = (name: string, spec: DatasetSpec): Promise<SampleBatch[]> =>
  collect(
    readCsv(createReadStream(example(name)), { keep: requiredColumns(spec), required: requiredColumns(spec) }),
    spec,
  );

function tally(batches: SampleBatch[]): Record<string, [number, number]> {
  const counts: Record<string, [number, number]> = {};
  for (const { client, split, block } of batches) {
    const key = client ?? split;
    counts[key] ??= [0, 0];
    counts[key][0] += block.count;
    counts[key][1] += block.targets.reduce((a, b) => a + b, 0);
  }
  return counts;
}

const rows = (n: number): AsyncIterable<Row> =>
  Readable.from(Array.from({ length: n }, (_, x) => ({ x, day: x < 6 ? 'a' : 'b', who: ['p', 'q', ''][x % 3] })));
const plain: DatasetSpec = {
  window: { features: [{ column: 'x', kind: 'value' }] },
  holdOut: { kind: 'none' },
  clients: { kind: 'single' },
};

describe('dataset', () => {
  it('gives batches of the size asked for, in the order of the rows', async () => {
    const batches = await collect(rows(7), { ...plain, batchSize: 3 });
    assert.deepEqual(
      batches.map(({ block }) => [...block.features]),
      [[0, 1, 2], [3, 4, 5], [6]],
    );
    assert.deepEqual(batches[0].client, undefined);
  });

  it('holds out first, then shares among the clients; rows of nobody go to nobody', async () => {
    const spec: DatasetSpec = {
      ...plain,
      holdOut: { kind: 'condition', condition: { column: 'day', operator: '=', value: 'b' } },
      clients: { kind: 'column', column: 'who' },
    };
    assert.deepEqual(requiredColumns(spec).sort(), ['day', 'who', 'x']);
    const batches = await collect(rows(9), spec);
    const shown = batches.map(({ client, split, block }) => [client, split, [...block.features]]);
    assert.deepEqual(shown, [
      ['p', 'train', [0, 3]],
      ['q', 'train', [1, 4]],
      [undefined, 'test', [6, 7, 8]],
    ]);
  });

  it('says why when no sample comes out', async () => {
    const empty = { ...plain, window: { features: [{ column: 'x', kind: 'mean' as const, window: 50 }] } };
    await assert.rejects(collect(rows(9), empty), { code: 'no-samples', message: /9 rows: .*groups are shorter/ });
    const text = { ...plain, window: { features: [{ column: 'day', kind: 'value' as const }] } };
    await assert.rejects(collect(rows(9), text), { code: 'no-samples', message: /"a" in "day" is not a number/ });
  });
});

describe('rows of the examples', () => {
  const classes: [string, string] = ['healthy', 'failing'];
  const features = [
    { column: 's2', kind: 'mean' as const, window: 5 },
    { column: 's2', kind: 'change' as const, window: 20, smooth: 5 },
  ];

  it('factory, train: ten plants with five engines each, 31 failing cycles an engine', async () => {
    const batches = await readFile('factory-train.csv', {
      window: { features, groupColumn: 'unit', incomplete: 'shorten', label: { kind: 'end', rows: 30, classes } },
      holdOut: { kind: 'none' },
      clients: { kind: 'column', column: 'plant' },
    });
    const all = csvRows('factory-train.csv');
    const expected: Record<string, [number, number]> = {};
    for (let plant = 1; plant <= 10; plant++) {
      const name = `plant-${String(plant).padStart(2, '0')}`;
      const units = [0, 20, 40, 60, 80].map((more) => String(plant + more));
      expected[name] = [all.filter(({ unit }) => units.includes(unit)).length, 5 * 31];
      assert.equal(all.filter((row) => row.plant === name).length, expected[name][0]);
    }
    assert.deepEqual(tally(batches), expected);
  });

  it('factory, test: 100 engines, the cycles left counted down by one', async () => {
    const all = csvRows('factory-test.csv');
    assert.equal(new Set(all.map(({ unit }) => unit)).size, 100);
    all.slice(1).forEach((row, i) => {
      if (row.unit === all[i].unit) assert.equal(Number(row.remaining_cycles), Number(all[i].remaining_cycles) - 1);
    });
    const condition = { column: 'remaining_cycles', operator: '<=' as const, value: 30 };
    const batches = await readFile('factory-test.csv', {
      window: {
        features,
        groupColumn: 'unit',
        incomplete: 'shorten',
        label: { kind: 'threshold', condition, classes },
      },
      holdOut: { kind: 'all' },
      clients: { kind: 'single' },
    });
    assert.deepEqual(tally(batches), { test: [13096, all.filter((row) => Number(row.remaining_cycles) <= 30).length] });
    // The last row of engine 1, by hand from the file.
    const own = all.filter(({ unit }) => unit === '1').map(({ s2 }) => Number(s2));
    const last = own.length - 1;
    const mean = (from: number): number => own.slice(from, from + 5).reduce((a, b) => a + b) / 5;
    const values = batches.flatMap(({ block }) => [...block.features]);
    assert.ok(Math.abs(values[2 * last] - mean(last - 4)) < 1e-4);
    assert.ok(Math.abs(values[2 * last + 1] - (mean(last - 4) - mean(last - 24))) < 1e-6);
  });

  it('frost: asked three times an evening, yes when any of the next twelve hours is below zero', async () => {
    const batches = await readFile('frost-train.csv', {
      window: {
        features: [
          { column: 'TEMP', kind: 'raw', window: 6 },
          { column: 'hour', kind: 'value' },
        ],
        groupColumn: 'station',
        timeColumn: 'time',
        missing: { policy: 'previous' },
        where: [{ column: 'hour', operator: 'in', value: [18, 20, 22] }],
        label: { kind: 'within', condition: { column: 'TEMP', operator: '<', value: 0 }, rows: 12, classes },
      },
      holdOut: { kind: 'none' },
      clients: { kind: 'column', column: 'station' },
    });
    const counts = tally(batches);
    assert.equal(Object.keys(counts).length, 12);
    for (const [station, found] of Object.entries(counts)) {
      const own = csvRows('frost-train.csv').filter((row) => row.station === station);
      own.forEach((row, i) => {
        if (row.TEMP === '') row.TEMP = own[i - 1].TEMP;
      });
      const asked = own.map((_, i) => i).filter((i) => /T(18|20|22)/.test(own[i].time) && i + 12 < own.length);
      const frosty = asked.filter((i) => own.slice(i + 1, i + 13).some(({ TEMP }) => Number(TEMP) < 0)).length;
      assert.deepEqual(found, [asked.length, frosty], station);
    }
  });
});
