/** Nodes as they come from the palette, with nothing chosen yet. */
import assert from 'node:assert/strict';
import { definition, dropped } from '../palette';
import { catalogOf, type FlowItem, type Runtime, startRuntime, translator } from '../runtime';

const nodes = [
  'model',
  'dataset',
  'client',
  'serial-device',
  'aggregator',
  'evaluate',
  'export',
  'predict',
  'prune',
  'distill',
];
const around: FlowItem[] = [
  { id: 't', type: 'tab' },
  { id: 'caught', z: 't', type: 'sink', wires: [] },
  { id: 'k', z: 't', type: 'catch', scope: null, uncaught: false, wires: [['caught']] },
];

describe('nodes as the palette gives them', () => {
  let runtime: Runtime | undefined;
  afterEach(async () => {
    await runtime?.close();
    runtime = undefined;
  });

  const waits: [string, string, object, RegExp][] = [
    ['dataset', 'add features', { payload: { heat: 1 } }, /Add at least one feature/],
    ['client', 'choose a model', { payload: [1] }, /Choose a model/],
    ['serial-device', 'choose a model', { payload: [1] }, /Choose a model/],
    ['aggregator', 'choose a model', { topic: 'start' }, /Choose a model/],
    ['evaluate', 'choose a model', { payload: [1] }, /Choose a model/],
    ['export', 'choose a model', { payload: [1] }, /Choose a model/],
    ['predict', 'choose a model', { payload: [1] }, /Choose a model/],
    ['prune', 'choose a model', { payload: Buffer.alloc(0), fl: { kind: 'model' } }, /Choose a model/],
    ['distill', 'choose the models', { payload: [1] }, /Choose a model/],
  ];
  for (const [node, waiting, msg, sentence] of waits) {
    it(`fl-${node} says what it waits for, and to who sends it something, what to do`, async () => {
      runtime = await startRuntime(nodes, [...around, dropped(node)]);
      const status = await runtime.statusIs('n', ({ text }) => text === waiting);
      assert.deepEqual([status.fill, status.shape], ['yellow', 'ring']);
      assert.deepEqual(runtime.received('caught'), []);
      runtime.send('n', { ...msg });
      const { error } = await runtime.next('caught');
      assert.match((error as { message: string }).message, sentence);
    });
  }

  it('fl-model gives a model at once', async () => {
    const aggregator = dropped('aggregator', { id: 'a', model: 'n', wires: [['caught'], []] });
    runtime = await startRuntime(nodes, [...around, dropped('model'), aggregator]);
    await runtime.statusIs('a', ({ text }) => text === '0/2 clients');
  });
});

describe('what the editor says of wrong settings', () => {
  const judge = (node: string, fields: Record<string, unknown>, field: string): unknown => {
    const made = definition(node);
    const values = Object.fromEntries(Object.entries(made.defaults).map(([name, { value }]) => [name, value]));
    const it = { ...values, ...fields, id: 'n', _: translator(catalogOf(node)) };
    return made.defaults[field].validate?.call(it, it[field as keyof typeof it], {});
  };

  const model = ['Model: choose one.'];
  const toBeChosen: Record<string, string[]> = {
    ...{ client: model, 'serial-device': model, aggregator: model },
    ...{ evaluate: model, export: model, predict: model, prune: model },
    dataset: ['Data set: choose one.', 'Features: add at least one.'],
    distill: [
      'Teacher: choose the fl-model of the large network.',
      'Student: choose the fl-model of the network that learns.',
    ],
  };
  for (const node of nodes) {
    it(`finds nothing wrong with the defaults of fl-${node} but what has to be chosen, and says so`, () => {
      const said = Object.entries(definition(node).defaults).flatMap(([field, { required, validate }]) => {
        // With this the editor would take an empty field for right, and never ask.
        if (validate) assert.notEqual(required, false, field);
        const says = validate ? judge(node, {}, field) : true;
        return says === true ? [] : [says];
      });
      assert.deepEqual(said, toBeChosen[node] ?? []);
    });
  }

  const wrong: [string, string, Record<string, unknown>, RegExp][] = [
    ['model', 'labels', { labels: 'one' }, /at least two/],
    ['model', 'labels', { labels: 'a, b, a' }, /only once/],
    ['model', 'features', { features: 'a, b', inputShape: '3' }, /2 names, but the input shape has 3/],
    ['model', 'inputShape', { inputShape: '4 x zero' }, /one to three whole numbers/],
    ['model', 'layers', { layers: [{ type: 'dense', units: 'many' }] }, /row 1 needs a whole number/],
    ['model', 'layers', { layers: [{ type: 'conv2d', kernelSize: [3] }] }, /row 1 needs two whole numbers/],
    ['model', 'std', { normalisation: 'fixed', mean: '1', std: '0', inputShape: '1' }, /positive/],
    ['model', 'seed', { seed: '-1' }, /whole number/],
    ['dataset', 'features', { features: [{ columns: '', kind: 'value' }] }, /row 1 names no column/],
    ['dataset', 'features', { features: [{ columns: 'a', kind: 'std', window: '1' }] }, /window of 2/],
    ['dataset', 'classes', { labelKind: 'within', classes: 'a, b, c' }, /give two/],
    ['dataset', 'clientNames', { split: 'column', clientNames: '' }, /list the names/],
    ['dataset', 'where', { where: [{ column: 'a', operator: '=', value: '' }] }, /row 1 needs/],
    ['dataset', 'rate', { pace: 'rate', rate: '0' }, /above 0/],
    ['client', 'capacity', { capacity: '5', minSamples: '16' }, /at least as many/],
    ['client', 'federation', { federation: ' ' }, /name that the aggregator has/],
    ['serial-device', 'port', { board: 'serial' }, /pick a port/],
    ['serial-device', 'boardId', { board: 'serial', boardId: 'abc' }, /32 hexadecimal/],
    ['serial-device', 'window', { source: 'sensors', window: '0' }, /whole number/],
    ['serial-device', 'features', { source: 'sensors', features: '' }, /at least one/],
    ['serial-device', 'capacity', { capacity: '5', minSamples: '16' }, /at least as many/],
    ['aggregator', 'quorum', { quorum: '3', minClients: '2' }, /may ask only 2 clients/],
    ['aggregator', 'quorum', { quorum: '3', minClients: '5', sampler: 'random', sampleCount: '2' }, /may ask only 2/],
    ['aggregator', 'deadline', { deadline: '0' }, /at least 0.1/],
    ['aggregator', 'learningRate', { learningRate: 'fast' }, /above 0/],
    ['aggregator', 'classWeights', { classWeights: '1, -1' }, /positive/],
  ];
  for (const [node, field, fields, sentence] of wrong) {
    it(`fl-${node}: ${JSON.stringify(fields)}`, () => {
      assert.match(String(judge(node, fields, field)), sentence);
    });
  }

  it('names the outputs of fl-dataset after the clients', () => {
    const made = definition('dataset');
    const texts = { _: translator(catalogOf('dataset')) };
    const label = (fields: object, index: number): unknown => made.outputLabels?.call({ ...texts, ...fields }, index);
    const split = { split: 'column', clientNames: 'north, south' };
    assert.deepEqual(
      [0, 1, 2].map((index) => label(split, index)),
      ['north', 'south', 'held out'],
    );
    assert.deepEqual(
      [0, 1].map((index) => label({ split: 'single' }, index)),
      ['samples', 'held out'],
    );
    assert.equal(label({ split: 'iid', clients: '3' }, 2), 'client-3');
  });
});
