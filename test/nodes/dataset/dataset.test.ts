import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SamplesHeader } from '../../../lib/update/message';
import type { LabelledReport } from '../../../nodes/dataset/report';
import { type FlowItem, type Received, type Runtime, startRuntime } from '../runtime';

const folder = mkdtempSync(join(tmpdir(), 'fl-dataset-'));
const rows = ['plant,time,heat,label'];
for (let i = 0; i < 30; i++) rows.push(`${i % 3 === 0 ? 'north' : 'south'},${i},${i * 10},${i % 2 ? 'yes' : 'no'}`);
writeFileSync(join(folder, 'pumps.csv'), rows.join('\n'));
after(() => rmSync(folder, { recursive: true, force: true }));

const dataset = (fields: Record<string, unknown>, wires: string[][] = [['a'], ['held']]): FlowItem => ({
  id: 'd',
  z: 't',
  type: 'fl-dataset',
  name: '',
  source: 'file',
  file: 'pumps.csv',
  features: [{ columns: 'heat', kind: 'value' }],
  labelKind: 'class',
  labelColumn: 'label',
  classes: 'no, yes',
  wires,
  ...fields,
});
const sink = (id: string): FlowItem => ({ id, z: 't', type: 'sink', wires: [] });
const around: FlowItem[] = [
  { id: 't', type: 'tab' },
  sink('a'),
  sink('b'),
  sink('held'),
  sink('caught'),
  { id: 'c', z: 't', type: 'catch', scope: null, uncaught: false, wires: [['caught']] },
];
const header = (msg: Received): SamplesHeader => msg.fl as unknown as SamplesHeader;
const values = (msg: Received): number[] => {
  const bytes = msg.payload as Buffer;
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4));
};

describe('fl-dataset', () => {
  let runtime: Runtime;
  const run = async (item: FlowItem, more: FlowItem[] = []): Promise<void> => {
    runtime = await startRuntime(['model', 'dataset'], [...around, ...more, item], folder);
  };
  afterEach(() => runtime.close());

  it('sends a file in blocks and marks the last one', async () => {
    await run(dataset({ blockSize: '10' }));
    await runtime.next('a', (msg) => header(msg).last === true);
    const all = runtime.received('a');
    assert.deepEqual(
      all.map((msg) => [header(msg).count, header(msg).last]),
      [
        [10, false],
        [10, false],
        [10, false],
        [0, true],
      ],
    );
    assert.deepEqual(header(all[0]).classes, ['no', 'yes']);
    assert.deepEqual(values(all[0]).slice(0, 4), [0, 0, 10, 1]);
    assert.match((await runtime.statusIs('d', ({ fill }) => fill === 'green')).text ?? '', /^30 samples$/);
  });

  it('gives each listed client its own output, and what is held out the last one', async () => {
    await run(
      dataset(
        {
          split: 'column',
          clientColumn: 'plant',
          clientNames: 'north, south',
          holdOut: 'condition',
          holdOutColumn: 'time',
          holdOutOperator: '>=',
          holdOutValue: '27',
        },
        [['a'], ['b'], ['held']],
      ),
    );
    for (const [id, client, count] of [
      ['a', 'north', 9],
      ['b', 'south', 18],
      ['held', undefined, 3],
    ] as const) {
      const msg = await runtime.next(id, (each) => header(each).last === true);
      assert.equal(msg.topic, client);
      assert.equal(header(msg).first, true);
      assert.equal(header(msg).count, count);
    }
  });

  it('replays like live data, one sample a message with its row', async () => {
    await run(dataset({ pace: 'rate', rate: '1000', labelKind: 'none' }));
    await runtime.statusIs('d', ({ fill }) => fill === 'green');
    const all = runtime.received('a');
    assert.equal(all.length, 30);
    assert.deepEqual(all[4].row, { plant: 'south', time: '4', heat: '40', label: 'no' });
    assert.deepEqual(values(all[4]), [40]);
  });

  it('starts again at the end when it replays like live data, and only then', async () => {
    await run(dataset({ pace: 'rate', rate: '1000', repeat: true }));
    while (runtime.received('a').length < 45) await new Promise((resolve) => setTimeout(resolve, 5));
    runtime.send('d', { topic: 'stop' });
    await runtime.statusIs('d', ({ text }) => text === 'stopped');
    await runtime.close();
    await run(dataset({ repeat: true }));
    await runtime.statusIs('d', ({ fill, text }) => fill === 'green' && text === '30 samples');
  });

  it('starts and stops by message', async () => {
    await run(dataset({ start: 'message', pace: 'rate', rate: '2' }));
    await runtime.statusIs('d', ({ text }) => text === 'waiting for start');
    runtime.send('d', { topic: 'start' });
    await runtime.next('a');
    runtime.send('d', { topic: 'stop' });
    await runtime.statusIs('d', ({ text }) => text === 'stopped');
    assert.ok(runtime.received('a').length < 30);
  });

  it('makes samples of rows from the flow, with windows over them', async () => {
    await run(dataset({ source: 'flow', features: [{ columns: 'heat', kind: 'mean', window: '2' }] }));
    await runtime.statusIs('d', ({ text }) => text === 'waiting for rows');
    runtime.send('d', { payload: { heat: 10, label: 'no' } });
    runtime.send('d', { payload: { heat: 20, label: 'yes' }, topic: 'pump' });
    const msg = await runtime.next('a');
    assert.deepEqual(values(msg), [15, 1]);
    assert.equal(msg.topic, 'pump');
    runtime.send('d', {
      payload: [
        { heat: 30, label: 'yes' },
        { heat: 50, label: 'no' },
      ],
    });
    assert.deepEqual(values(await runtime.next('a', (each) => header(each).count === 2)), [25, 1, 40, 0]);
  });

  it('splits by shards, and tells at the end how unlike the clients are', async () => {
    await run(
      dataset({ split: 'shards', clients: '2', shards: '1', seed: '1', report: true }, [
        ['a'],
        ['b'],
        ['held'],
        ['told'],
      ]),
      [sink('told')],
    );
    const { topic, payload } = await runtime.next('told');
    assert.equal(topic, 'fl/unlikeness');
    const { labels, pooled, clients, mean } = payload as LabelledReport;
    assert.deepEqual(
      [labels, pooled],
      [
        ['no', 'yes'],
        [15, 15],
      ],
    );
    // One shard each of two classes alike in number: each client has one class whole.
    assert.deepEqual(clients.map(({ counts }) => counts).sort(), [
      [0, 15],
      [15, 0],
    ]);
    assert.equal(mean.totalVariation, 0.5);
    const classes = ['a', 'b'].map(
      (id) => new Set(runtime.received(id).flatMap((msg) => values(msg).filter((_, i) => i % 2))),
    );
    assert.ok(classes.every(({ size }) => size === 1));
  });

  it('splits by quantity and by feature shift, each row to one client', async () => {
    await run(
      dataset({ split: 'quantity', clients: '2', sizes: 'power-law', exponent: '2' }, [['a'], ['b'], ['held']]),
    );
    await runtime.statusIs('d', ({ fill }) => fill === 'green');
    const heats = ['a', 'b'].flatMap((id) =>
      runtime.received(id).flatMap((msg) => values(msg).filter((_, i) => i % 2 === 0)),
    );
    assert.deepEqual(
      heats.sort((x, y) => x - y),
      Array.from({ length: 30 }, (_, i) => i * 10),
    );
    await runtime.close();
    await run(
      dataset({ split: 'feature-shift', clients: '2', shift: 'affine', strength: '1' }, [['a'], ['b'], ['held']]),
    );
    await runtime.statusIs('d', ({ fill }) => fill === 'green');
    const sizes = ['a', 'b'].map((id) => runtime.received(id).reduce((sum, msg) => sum + header(msg).count, 0));
    assert.deepEqual(sizes, [15, 15]);
    const seen = values(runtime.received('a')[0])[0];
    assert.ok(Math.abs(seen / 10 - Math.round(seen / 10)) > 1e-4, String(seen));
  });

  it('refuses to cut rows of the flow into shards, and tells unlikeness of them when they end', async () => {
    await run(dataset({ source: 'flow', split: 'shards', clients: '2' }));
    assert.match(
      ((await runtime.next('caught')).error as { message: string }).message,
      /all rows must be counted first/,
    );
    await runtime.close();
    await run(
      dataset({ source: 'flow', split: 'iid', clients: '2', report: true }, [['a'], ['b'], ['held'], ['told']]),
      [sink('told')],
    );
    runtime.send('d', { payload: [1, 2, 3, 4].map((heat) => ({ heat, label: 'yes' })) });
    runtime.send('d', { topic: 'end' });
    const report = (await runtime.next('told')).payload as LabelledReport;
    assert.deepEqual(report.pooled, [0, 4]);
    assert.equal(report.effectiveClients, 2);
  });

  const sentences: [string, Record<string, unknown>, RegExp, string][] = [
    [
      'a CSV with a missing column',
      { features: [{ columns: 'heta', kind: 'value' }] },
      /no column "heta".*"heat"/,
      'missing column',
    ],
    ['a file that is not there', { file: 'pump.csv' }, /There is no file "pump.csv"/, 'file not found'],
    [
      'rows without an output',
      { split: 'column', clientColumn: 'plant', clientNames: 'north' },
      /Rows of "south" have no output/,
      'client not listed',
    ],
    [
      'conditions that nothing meets',
      { where: [{ column: 'heat', operator: '>', value: '9999' }] },
      /No sample came out of 30 rows/,
      'no samples',
    ],
  ];
  for (const [what, fields, sentence, text] of sentences) {
    it(`says in one sentence what to mend: ${what}`, async () => {
      await run(dataset(fields));
      const { error } = await runtime.next('caught');
      assert.match((error as { message: string }).message, sentence);
      const status = await runtime.statusIs('d', ({ fill }) => fill === 'red');
      assert.deepEqual([status.shape, status.text], ['ring', text]);
    });
  }

  it('says when its samples would not fit the model', async () => {
    const model: FlowItem = { id: 'm', type: 'fl-model', labels: 'no, yes', inputShape: '2', layers: [] };
    await run(dataset({ model: 'm' }), [model]);
    const { error } = await runtime.next('caught');
    assert.match((error as { message: string }).message, /gives 1 features a sample, but the model takes 2/);
  });

  it('says when the model does not know a label', async () => {
    const model: FlowItem = { id: 'm', type: 'fl-model', labels: 'no, maybe', inputShape: '1', layers: [] };
    await run(dataset({ model: 'm' }), [model]);
    const { error } = await runtime.next('caught');
    assert.match((error as { message: string }).message, /has the label "yes", but the model knows only no, maybe/);
  });

  it('says what it waits for when it was only dropped on the canvas', async () => {
    await run({ id: 'd', z: 't', type: 'fl-dataset', wires: [[], []] });
    const status = await runtime.statusIs('d', ({ fill }) => fill === 'yellow');
    assert.equal(status.text, 'add features');
  });
});
