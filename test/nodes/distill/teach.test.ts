import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pumpFlow, pumpFolder } from '../federation/factory';
import { isPolluted, mutated } from '../mutate';
import { closeLimit, type FlowItem, type Received, type Runtime, startRuntime } from '../runtime';
import { weightsMessage } from '../small-model';
import { changed, dense, isEvent, isModel, network, nodes, payload, sentence, sink } from './flows';

/** A teacher without a hidden layer: hot above 50 degrees, and surer the farther from it. */
const large = (wishes: Record<string, unknown> = {}): FlowItem =>
  network('large', [], { normalisation: 'none', ...wishes });
const HOT = [-0.1, 0.1, 0, 0, 5, -5];
const teacherMessage = (round: number, header: Record<string, unknown> = {}, weights = HOT) =>
  weightsMessage(weights, { round, federation: 'pumps', ...header }, large());
/** Heat from 20 to 79. */
const rows = Array.from({ length: 60 }, (_, i) => [20 + i, (i % 7) - 3]);

const distill = (wishes: Record<string, unknown> = {}): FlowItem => ({
  id: 'node',
  z: 't',
  type: 'fl-distill',
  role: 'teach',
  teacher: 'large',
  student: 'small',
  share: '1',
  epochs: '80',
  wires: [['made'], ['events']],
  ...wishes,
});
const flow = (wishes: Record<string, unknown> = {}, more: FlowItem[] = []): FlowItem[] => [
  { id: 't', type: 'tab' },
  large(),
  network('small', [dense(3)]),
  distill(wishes),
  ...['made', 'events', 'caught'].map(sink),
  { id: 'k', z: 't', type: 'catch', scope: null, uncaught: false, wires: [['caught']] },
  ...more,
];
/** Of a message the bits. */
const bits = ({ payload }: Received): string => (payload as Buffer).toString('hex');

describe('fl-distill, a student and its teacher', () => {
  let pumps: ReturnType<typeof pumpFolder>;
  let runtime: Runtime;
  const run = async (items: FlowItem[]): Promise<void> => {
    runtime = await startRuntime(nodes, items, pumps.folder);
  };
  const made = (round: number): Promise<Received> => runtime.next('made', ({ fl }) => fl?.round === round);
  const caught = (words: RegExp): Promise<Received> => runtime.next('caught', (msg) => words.test(sentence(msg)));
  const holds = (text: string): Promise<unknown> => runtime.statusIs('node', (status) => status.text === text);
  beforeEach(() => {
    pumps = pumpFolder();
  });
  afterEach(async () => {
    await runtime.close();
    pumps.remove();
  });

  it('learns without labels what its teacher says, and is a model for those who use models', async () => {
    const predict = { id: 'predict', z: 't', type: 'fl-predict', model: 'small', wires: [['answers']] };
    await run(flow({ wires: [['made', 'predict'], ['events']] }, [predict, sink('answers')]));
    await holds('0/16 samples');
    runtime.send('node', { payload: rows });
    await holds('waiting for teacher');
    runtime.send('node', await teacherMessage(5));
    const { fl } = await made(5);
    assert.deepEqual([fl?.kind, fl?.federation, fl?.personal], ['model', 'pumps', undefined]);
    const { round, agreement, rows: seen } = payload(await runtime.next('events', isEvent('taught')));
    assert.deepEqual([round, seen], [4, 60]);
    assert.ok(Number(agreement) > 0.9, `agreement ${agreement}`);
    await holds('learned round 4');
    for (const [heat, label] of [
      [30, 'cold'],
      [70, 'hot'],
    ] as const) {
      runtime.send('predict', { payload: [heat, 0], heat });
      assert.equal(payload(await runtime.next('answers', (msg) => msg.heat === heat)).label, label);
    }
    assert.deepEqual(runtime.received('caught'), []);
  });

  it('with a share for the labels it wants them, and follows them where the teacher errs', async () => {
    await run(flow({ share: '0' }));
    runtime.send('node', { payload: rows });
    await caught(/no label/);
    runtime.send('node', { payload: rows, label: rows.map(([heat]) => (heat > 50 ? 'cold' : 'hot')) });
    runtime.send('node', await teacherMessage(3));
    await made(3);
    const { agreement } = payload(await runtime.next('events', isEvent('taught')));
    assert.ok(Number(agreement) < 0.2, `agreement ${agreement}`);
  });

  it('learns from rounds, from some of them, or from the last only', async () => {
    const learns = async (expected: number[], wishes: Record<string, unknown>): Promise<void> => {
      await run(flow({ persistent: 'false', epochs: '1', ...wishes }));
      runtime.send('node', { payload: rows });
      for (const round of [1, 2, 3, 4, 5, 6]) {
        const last = round === 6;
        runtime.send('node', await teacherMessage(round, last ? { cohort: [] } : {}));
        // One lesson after the other; where none is wanted there is time for a wrong one.
        if (expected.includes(round)) await made(round);
        else await sleep(100);
      }
      const rounds = runtime.received('made').map(({ fl }) => fl?.round);
      assert.deepEqual(runtime.received('made').at(-1)?.fl?.cohort, []);
      await runtime.close();
      assert.deepEqual(rounds, expected);
    };
    await learns([2, 3, 4, 5, 6], {});
    await learns([4, 6], { every: '3' });
    await learns([6], { when: 'end' });
    await run(flow());
  });

  it('teaches on request, and says when there is no teacher', async () => {
    await run(flow({ when: 'end' }));
    runtime.send('node', { topic: 'teach' });
    await caught(/No teacher has come yet/);
    runtime.send('node', { payload: rows });
    runtime.send('node', await teacherMessage(2));
    runtime.send('node', { topic: 'teach' });
    await made(2);
  });

  it('teaches by a network that was imported with its weights, without any federation', async () => {
    const input = { class_name: 'InputLayer', config: { batch_input_shape: [null, 2], name: 'in' } };
    const layer = { class_name: 'Dense', config: { name: 'out', units: 2, activation: 'softmax', use_bias: true } };
    const weights = [
      { name: 'out/kernel', shape: [2, 2], dtype: 'float32' },
      { name: 'out/bias', shape: [2], dtype: 'float32' },
    ];
    const json = {
      format: 'layers-model',
      modelTopology: { class_name: 'Sequential', config: { name: 's', layers: [input, layer] } },
      weightsManifest: [{ paths: ['w.bin'], weights }],
    };
    writeFileSync(join(pumps.folder, 'model.json'), JSON.stringify(json));
    writeFileSync(join(pumps.folder, 'w.bin'), Buffer.from(Float32Array.from(HOT).buffer));
    await run(changed(flow(), { large: { source: 'file', file: join(pumps.folder, 'model.json') } }));
    runtime.send('node', { payload: rows });
    await holds('waiting for teacher');
    runtime.send('node', { topic: 'teach' });
    const { fl } = await made(1);
    assert.deepEqual(fl?.cohort, []);
    assert.ok(Number(payload(await runtime.next('events', isEvent('taught'))).agreement) > 0.9);
  });

  for (const start of ['first', 'last']) {
    it(`gives the same student again after a restart, when it begins with its ${start} weights`, async () => {
      await run(flow({ start }));
      runtime.send('node', { payload: rows });
      for (const round of [2, 3]) {
        runtime.send('node', await teacherMessage(round));
        await made(round);
      }
      const expected = bits(await made(3));
      await holds('learned round 2');
      await runtime.stop();
      await run(flow({ start }));
      assert.equal(bits(await made(3)), expected);
      runtime.send('node', { topic: 'forget' });
      await holds('0/16 samples');
    });
  }

  it('a redeploy in the middle of a lesson ends it at once, and it is given again', async () => {
    await run(flow({ epochs: '10000', batchSize: '1' }));
    runtime.send('node', { payload: rows });
    runtime.send('node', await teacherMessage(2));
    await runtime.statusIs('node', ({ text }) => /^round 1: /.test(text ?? ''));
    const begun = performance.now();
    await runtime.deploy(flow({ epochs: '2' }), 'full');
    assert.ok(performance.now() - begun < closeLimit);
    await made(2);
    assert.deepEqual(runtime.received('caught'), []);
  });

  it('follows a personal model, and the model of a group that fl-cluster has parted', async () => {
    const cluster = { id: 'parts', z: 't', type: 'fl-cluster', mode: 'groups', groups: '2', wires: [['node'], [], []] };
    await run(flow({}, [cluster]));
    runtime.send('node', { payload: rows });
    const grouped = await teacherMessage(2, { group: 0, cohort: ['north'] });
    runtime.send('node', grouped);
    await caught(/put fl-cluster in between/);
    runtime.send('parts', grouped);
    assert.equal((await made(2)).fl?.personal, undefined);
    runtime.send('node', await teacherMessage(4, { personal: 'north' }));
    assert.equal((await made(4)).fl?.personal, 'north');
    runtime.send('node', await teacherMessage(5, { personal: 'south' }));
    await caught(/personal models of "north" and "south" both come here/);
  });

  it('stands behind the clients of a federation as it is drawn', async () => {
    const more = [
      network('small', [dense(3)]),
      distill({ teacher: 'm', share: '', start: 'last' }),
      { id: 'figures-of', z: 't', type: 'fl-evaluate', model: 'small', wires: [['figures']] },
      ...['made', 'figures'].map(sink),
    ];
    const items = pumpFlow({
      more,
      model: { layers: [dense(16)] },
      aggregator: { wires: [['north-client', 'south-client', 'node'], ['metrics']] },
      dataset: { wires: [['north-client', 'node'], ['south-client'], ['figures-of', 'held']] },
    });
    await run(changed(items, { node: { wires: [['made', 'figures-of'], ['events']] } }));
    const { f1 } = payload(await runtime.next('figures', (msg) => payload(msg).round === 5));
    assert.ok(Number(f1) > 0.8, `F1 ${f1}`);
  });

  const pairs: [string, Record<string, Record<string, unknown>>, RegExp][] = [
    ['no teacher chosen', { node: { teacher: 'gone' } }, /was deleted or is disabled/],
    ['other labels', { small: { labels: 'hot, cold' } }, /the same labels in the same order/],
    ['other samples', { small: { features: 'heat' } }, /takes 2 features and the student 1/],
    [
      'predictions as a teacher',
      { large: { source: 'consensus', publicRows: '3', digest: '0123456789abcdef' } },
      /not a network/,
    ],
    ['a temperature below 1', { node: { temperature: '0.5' } }, /temperature/],
  ];
  for (const [what, changes, words] of pairs) {
    it(`says what does not go together: ${what}`, async () => {
      await run(changed(flow(), changes));
      await caught(words);
    });
  }

  it('survives rubbish, and says what it refuses', async () => {
    await run(flow());
    const good = await teacherMessage(2);
    for (const msg of mutated([{ ...good, fl: { ...good.fl, model: 'ab'.repeat(32) } }], 1500, 5)) {
      if (msg.fl !== undefined) runtime.send('node', msg);
    }
    runtime.send('node', await teacherMessage(2, {}, [Number.NaN]));
    runtime.send('node', { payload: rows });
    runtime.send('node', await teacherMessage(4));
    assert.ok(isModel(await made(4)));
    assert.equal(isPolluted(), false);
  });
});
