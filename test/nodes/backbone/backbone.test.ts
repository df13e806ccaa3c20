import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FlowItem } from 'node-red-node-test-helper';
import { readModel } from '../../../nodes/model/read-model';
import type { Settings } from '../../../nodes/shared/red';
import { count, inputs, outputs, path } from '../../lib/training/backbone-fixture';
import { type Received, type Runtime, startRuntime } from '../runtime';
import { modelNode, weightsMessage } from '../small-model';

const settings = (more: Record<string, unknown> = {}): FlowItem =>
  modelNode({ backbone: 'file', backboneFile: path, inputShape: '', features: 'a, b, c, d, e, f', ...more });
const read = (more: Record<string, unknown> = {}, base = tmpdir()) =>
  readModel(settings(more) as unknown as Settings, base);
const row = (i: number): number[] => [...inputs.subarray(6 * i, 6 * i + 6)];
const embedded = (i: number): number[] => [...outputs.subarray(2 * i, 2 * i + 2)];

/** p(yes) of the sample by what the backbone gives: sigmoid(0.4 x0 - 0.3 x1 - 0.5). */
const HEAD = [0, 0.4, 0, -0.3, 0, -0.5];
const yes = (i: number): number => {
  const [first, second] = embedded(i);
  return 1 / (1 + Math.exp(-(0.4 * first - 0.3 * second - 0.5)));
};
const rows = Array.from({ length: count }, (_, i) => i);

describe('a model with a frozen backbone', () => {
  let folder: string;
  let runtime: Runtime | undefined;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'fl-backbone-'));
    copyFileSync(path, join(folder, 'frozen.tflite'));
  });
  afterEach(async () => {
    await runtime?.close();
    runtime = undefined;
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('has the layers learn from what the backbone gives, and names the backbone in its fingerprint', async () => {
    const model = await read({ backboneFile: 'frozen.tflite' }, folder);
    assert.deepEqual(model.spec.input, [2]);
    assert.equal(model.layout.size, 6);
    assert.equal(model.backbone?.length, model.backbone?.byteLength);
    assert.notEqual(model.fingerprint, (await read({ backbone: 'none', features: '', inputShape: '2' })).fingerprint);
    assert.equal(model.fingerprint, (await read()).fingerprint);
    const other = join(folder, 'other.tflite');
    copyFileSync(join(path, '../dense.tflite'), other);
    assert.equal((await read({ backboneFile: other, features: '' })).spec.backbone?.outputs, 4);
  });

  const wrong: [string, Record<string, unknown>, RegExp][] = [
    ['no file is given', { backboneFile: '' }, /\.tflite file of the frozen backbone/],
    ['the file is not there', { backboneFile: 'gone.tflite' }, /There is no file "gone.tflite"/],
    ['it is a folder', { backboneFile: '.' }, /is not a file: enter the path of a .tflite file/],
    ['it is something else', { backboneFile: __filename }, /The frozen backbone cannot be used\. /],
    ['a shipped one has a path that leads elsewhere', { backbone: 'shipped', backboneShipped: path }, /outside/],
    ['the layers take something else', { inputShape: '5', features: '' }, /gives 2 numbers, but the layers take 5/],
    ['there are names for other inputs', { features: 'a, b' }, /list of 6 to 6 entries/],
  ];
  for (const [what, more, sentence] of wrong) {
    it(`says what to mend when ${what}`, () =>
      assert.rejects(read(more, folder), { name: 'RefusedError', message: sentence }));
  }

  it('refuses a file that is too large before it is read', async () => {
    writeFileSync(join(folder, 'large.tflite'), new Uint8Array(1024 * 1024 + 1));
    await assert.rejects(read({ backboneFile: 'large.tflite' }, folder), /more than 1048576: use a smaller one/);
  });

  it('predicts raw samples', async () => {
    const flow = [
      settings(),
      { id: 'p', type: 'fl-predict', model: 'm', wires: [['out']] },
      { id: 'out', type: 'sink' },
    ];
    runtime = await startRuntime(['model', 'predict'], flow);
    runtime.send('p', { ...(await weightsMessage(HEAD, { round: 2 }, settings())) });
    runtime.send('p', { payload: rows.map(row) });
    const answers = (await runtime.next('out')).payload as { scores: { yes: number } }[];
    assert.equal(answers.length, count);
    for (const i of rows) assert.ok(Math.abs(answers[i].scores.yes - yes(i)) < 1e-5);
    runtime.forget();
    runtime.send('p', { payload: { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 } });
    assert.ok((await runtime.next('out')).payload);
  });

  it('is measured on raw samples', async () => {
    const flow = [
      settings(),
      { id: 'e', type: 'fl-evaluate', model: 'm', wires: [['out']] },
      { id: 'out', type: 'sink' },
    ];
    runtime = await startRuntime(['model', 'evaluate'], flow);
    runtime.send('e', { payload: rows.map(row), label: rows.map((i) => (yes(i) > 0.5 ? 'yes' : 'no')) });
    runtime.send('e', { ...(await weightsMessage(HEAD, { round: 2 }, settings())) });
    const { samples, accuracy } = (await runtime.next('out')).payload as Record<string, number>;
    assert.deepEqual([samples, accuracy], [count, 1]);
  });

  it('is learned from raw samples, in the order in which they came, whether one by one or at once', async () => {
    const client = (id: string): FlowItem => ({
      id,
      type: 'fl-client',
      model: 'm',
      client: `voice-${id}`,
      minSamples: String(count),
      persistent: 'false',
      wires: [[`${id}-out`, 'agg']],
    });
    const flow = [
      settings({ normalisation: 'federated' }),
      client('single'),
      client('whole'),
      { id: 'single-out', type: 'sink' },
      { id: 'whole-out', type: 'sink' },
      {
        id: 'agg',
        type: 'fl-aggregator',
        model: 'm',
        minClients: '2',
        quorum: '2',
        rounds: '1',
        wires: [['single', 'whole', 'models'], []],
      },
      { id: 'models', type: 'sink' },
    ];
    runtime = await startRuntime(['model', 'client', 'aggregator'], flow);
    const label = rows.map((i) => (i % 3 === 0 ? 'yes' : 'no'));
    for (const i of rows) runtime.send('single', { payload: row(i), label: label[i] });
    runtime.send('whole', { payload: rows.map(row), label });
    const statistics = (msg: Received): boolean => msg.fl?.kind === 'statistics';
    const [one, all] = await Promise.all(['single', 'whole'].map((id) => runtime?.next(`${id}-out`, statistics)));
    const told = (all?.payload as Buffer) ?? Buffer.alloc(0);
    const sums = [0, 1].map((k) => rows.reduce((sum, i) => sum + embedded(i)[k], 0));
    const squares = [0, 1].map((k) => rows.reduce((sum, i) => sum + embedded(i)[k] ** 2, 0));
    assert.equal(told.length, 8 * 5);
    for (const [at, value] of [count, ...sums, ...squares].entries()) {
      assert.ok(Math.abs(told.readDoubleLE(8 * at) - value) < 1e-9, `number ${at} of the statistics`);
    }
    assert.deepEqual(one?.payload, all?.payload);
    const model = await runtime.next(
      'models',
      ({ fl }) => fl?.kind === 'model' && Array.isArray(fl.cohort) && fl.cohort.length === 0,
    );
    assert.equal((model.payload as Buffer).length, 4 * 6);
  });
});
