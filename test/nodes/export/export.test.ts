import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSamples } from '../../../lib/data/samples-message';
import { count, inputs, path } from '../../lib/training/backbone-fixture';
import { isPolluted, mutated } from '../mutate';
import { type Received, type Runtime, startRuntime } from '../runtime';
import { modelNode, weightsMessage } from '../small-model';

const flow = (settings: Record<string, unknown> = {}, model = modelNode()) => [
  { id: 'f', type: 'tab' },
  model,
  {
    id: 'x',
    type: 'fl-export',
    z: 'f',
    model: 'm',
    wires: [['file'], ['report']],
    samples: '4',
    every: '1',
    ...settings,
  },
  { id: 'file', type: 'sink', z: 'f' },
  { id: 'report', type: 'sink', z: 'f' },
  { id: 'c', type: 'catch', z: 'f', wires: [['caught']] },
  { id: 'caught', type: 'sink', z: 'f' },
];
const NODES = ['model', 'export'];
const sentence = (msg: Received): string => (msg as { error?: { message: string } }).error?.message ?? '';
/** p(yes) = sigmoid(heat - 5). */
const YES_WHEN_HOT = [0, 1, 0, 0, 0, -5];
const ROWS = [
  [1, 0],
  [4, 1],
  [6, 2],
  [9, 3],
];
const LABELS = ['no', 'no', 'yes', 'no'];

interface Report {
  round: number;
  skipped: number;
  sameSamples?: boolean;
  paths?: string[];
  files: { format: string; name: string; bytes: number; features: string; resolver: string[] }[];
  comparison?: {
    samples: number;
    decisionsChanged: number;
    int8: { accuracy?: number };
    float32: { accuracy?: number };
  };
}
const report = (msg: Received): Report => msg.payload as Report;

describe('fl-export', () => {
  let runtime: Runtime;
  let userDir: string;
  const folder = (...more: string[]): string => join(userDir, 'fl-tinyml', 'exports', ...more);
  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), 'fl-export-'));
  });
  afterEach(async () => {
    await runtime.close();
    rmSync(userDir, { recursive: true, force: true });
  });

  it('dropped on the canvas as it is, says what it waits for and writes with its defaults', async () => {
    const bare = flow().map((item) =>
      item.id === 'x' ? { id: 'x', type: 'fl-export', z: 'f', model: 'm', wires: [['file'], ['report']] } : item,
    );
    runtime = await startRuntime(NODES, bare, userDir);
    await runtime.statusIs('x', (s) => s.text === 'waiting for a model' && s.fill === 'yellow');
    runtime.send('x', await weightsMessage(YES_WHEN_HOT, { round: 11 }));
    await runtime.statusIs('x', (s) => s.text === 'samples 0/100');
    runtime.send('x', { payload: Array.from({ length: 25 }, () => ROWS).flat() });
    const { round, files, comparison } = report(await runtime.next('report'));
    assert.equal(round, 10);
    assert.deepEqual(
      files.map(({ name }) => name),
      ['factory_float32.tflite', 'factory_int8.tflite', 'factory.h'],
    );
    assert.equal(comparison?.samples, 100);
    assert.equal(comparison?.int8.accuracy, undefined, 'there were no labels');
    assert.deepEqual(readdirSync(folder()).sort(), ['factory.h', 'factory_float32.tflite', 'factory_int8.tflite']);
    await runtime.statusIs('x', (s) => /^exported r10 \d+ kB$/.test(s.text ?? '') && s.fill === 'green');
  });

  it('waits for samples, then gives a message for each file and the report', async () => {
    runtime = await startRuntime(NODES, flow({ tfjs: true }), userDir);
    runtime.send('x', await weightsMessage(YES_WHEN_HOT, { round: 13 }));
    runtime.send('x', { payload: ROWS.slice(0, 2), label: LABELS.slice(0, 2) });
    await runtime.statusIs('x', (s) => s.text === 'samples 2/4');
    runtime.send('x', { payload: ROWS.slice(2), label: LABELS.slice(2) });
    const told = await runtime.next('report');
    const { paths = [], comparison, sameSamples, skipped } = report(told);
    assert.equal(told.topic, 'fl/export-report');
    assert.equal(told.fl, undefined);
    assert.equal(sameSamples, true);
    assert.equal(skipped, 0);
    assert.deepEqual([comparison?.float32.accuracy, comparison?.int8.accuracy], [0.75, 0.75]);
    const files = runtime.received('file');
    assert.equal(files.length, 5);
    files.forEach(({ payload, filename, topic, fl, ...more }, i) => {
      assert.ok(Buffer.isBuffer(payload));
      assert.equal(filename, paths[i]);
      assert.ok(payload.equals(readFileSync(paths[i])));
      assert.deepEqual([topic, fl], ['fl/export', undefined]);
      assert.equal((more.export as { round: number }).round, 12);
    });
    assert.ok(existsSync(folder('factory_tfjs', 'model.json')) && existsSync(folder('factory_tfjs', 'weights.bin')));
  });

  it('takes ranges from training samples and compares held-out ones', async () => {
    runtime = await startRuntime(NODES, flow(), userDir);
    const block = (rows: number[][], classes: number[]) => ({
      features: Float32Array.from(rows.flat()),
      targets: Float32Array.from(classes),
      count: rows.length,
    });
    const names = { classes: ['no', 'yes'] };
    runtime.send('x', { ...encodeSamples(block(ROWS, [0, 0, 1, 1]), 2, 1, { split: 'train', ...names }) });
    runtime.send('x', { ...encodeSamples(block(ROWS.slice(1), [0, 0, 0]), 2, 1, { split: 'test', ...names }) });
    runtime.send('x', await weightsMessage(YES_WHEN_HOT, { round: 2 }));
    const { comparison, sameSamples } = report(await runtime.next('report'));
    assert.deepEqual([comparison?.samples, sameSamples], [3, false]);
    assert.ok(Math.abs((comparison?.int8.accuracy ?? 0) - 1 / 3) < 1e-9);
  });

  it('needs no samples without int8, and only sends when told so', async () => {
    runtime = await startRuntime(NODES, flow({ int8: false, deliver: 'messages' }), userDir);
    runtime.send('x', await weightsMessage(YES_WHEN_HOT, { round: 2 }));
    const { files, paths, comparison } = report(await runtime.next('report'));
    assert.deepEqual(
      files.map(({ name }) => name),
      ['factory_float32.tflite', 'factory.h'],
    );
    assert.deepEqual([paths, comparison], [undefined, undefined]);
    assert.ok(!existsSync(folder()));
    assert.equal(runtime.received('file')[0].filename, 'factory_float32.tflite');
  });

  it('exports when it is time: every second round, at the end, or on a message', async () => {
    const only = { int8: false, header: false };
    runtime = await startRuntime(NODES, flow({ ...only, every: '2' }), userDir);
    for (const round of [1, 2, 3, 4]) {
      runtime.send('x', await weightsMessage([0, round, 0, 0, 0, -5], { round }));
      await runtime.statusIs('x', (s) => new RegExp(`(holds round|exported r)\\s?${round - 1}\\b`).test(s.text ?? ''));
    }
    runtime.send('x', await weightsMessage([9], { round: 6, cohort: [] }));
    await runtime.next('report', (msg) => report(msg).round === 5);
    assert.deepEqual(
      runtime.received('report').map((msg) => report(msg).round),
      [2, 5],
    );
    await runtime.close();

    runtime = await startRuntime(NODES, flow({ ...only, when: 'topic', numbered: true }), userDir);
    runtime.send('x', { topic: 'export' });
    assert.match(sentence(await runtime.next('caught')), /connect the first output of fl-aggregator/);
    runtime.send('x', await weightsMessage(YES_WHEN_HOT, { round: 8, cohort: [] }));
    await runtime.statusIs('x', (s) => s.text === 'holds round 7');
    assert.equal(runtime.received('report').length, 0);
    runtime.send('x', { topic: 'export' });
    const { paths = [] } = report(await runtime.next('report'));
    assert.match(paths[0], /factory_r7_float32\.tflite$/);
  });

  it('leaves dead units out when told so, and says how much that was', async () => {
    const hidden = { type: 'dense', units: 8, activation: 'relu', useBias: true, initializer: 'glorot_uniform' };
    const model = modelNode({ layers: [hidden] });
    // Only the first of eight units has weights; the bias of the second is seen through its constant.
    const weights = Array.from({ length: 16 }, (_, i) => (i % 8 === 0 ? 1 : 0));
    const message = await weightsMessage([...weights, 0, 2, 0, 0, 0, 0, 0, 0, 1, -1, 3, 4], { round: 2 }, model);
    const told: unknown[] = [];
    for (const shrink of [undefined, true]) {
      runtime = await startRuntime(NODES, flow({ int8: false, header: false, shrink }, model), userDir);
      runtime.send('x', structuredClone(message));
      const { payload } = await runtime.next('report');
      const [file] = runtime.received('file');
      const { bytes, bytesLeftOut } = file.export as { bytes: number; bytesLeftOut?: number };
      assert.equal(bytes, (file.payload as Buffer).length);
      const { leftOut } = payload as { leftOut?: { units: number; bytes: number[] } };
      told.push(bytes + (bytesLeftOut ?? 0));
      assert.deepEqual([leftOut?.units, leftOut?.bytes[0]], shrink ? [7, bytesLeftOut] : [undefined, undefined]);
      const words = shrink ? /^r1 \d kB, −7 units$/ : /^exported r1 \d kB$/;
      await runtime.statusIs('x', (s) => words.test(s.text ?? ''));
      await runtime.close();
    }
    assert.equal(told[0], told[1]);
    runtime = await startRuntime(NODES, flow(), userDir);
  });

  it('says how many samples are missing when it is asked too early', async () => {
    runtime = await startRuntime(NODES, flow({ when: 'topic' }), userDir);
    runtime.send('x', await weightsMessage(YES_WHEN_HOT));
    runtime.send('x', { payload: ROWS[0] });
    runtime.send('x', { topic: 'export' });
    assert.match(sentence(await runtime.next('caught')), /needs 4 samples and 1 have come/);
  });

  it('refuses samples of another width, a foreign model and weights that are not numbers', async () => {
    runtime = await startRuntime(NODES, flow(), userDir);
    runtime.send('x', { payload: [1, 2, 3] });
    await runtime.next('caught', (msg) => /takes 2 features, but the sample has 3/.test(sentence(msg)));
    runtime.send('x', await weightsMessage([Number.NaN]));
    await runtime.next('caught', (msg) => /NaN or infinity/.test(sentence(msg)));
    runtime.send('x', await weightsMessage([1], { model: 'cd'.repeat(32) }));
    await runtime.next('caught', (msg) => /choose the same fl-model/.test(sentence(msg)));
    assert.equal(runtime.received('report').length, 0);
  });

  it('writes nowhere but under the user directory', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'fl-elsewhere-'));
    symlinkSync(elsewhere, join(userDir, 'link'), 'dir');
    const tricks = ['../out', 'a/../../out', elsewhere, 'link', 'link/deeper', 'C:\\out', '..\\out', '~/out', 'a\0b'];
    for (const path of tricks) {
      runtime = await startRuntime(NODES, flow({ int8: false, folder: path }), userDir);
      runtime.send('x', await weightsMessage(YES_WHEN_HOT, { round: 2 }));
      assert.match(sentence(await runtime.next('caught')), /not inside the user directory/, path);
      assert.equal(runtime.received('report').length, 0);
      await runtime.close();
    }
    assert.deepEqual(readdirSync(elsewhere), []);
    rmSync(elsewhere, { recursive: true });
    const names = { fileName: '../../../evil', folder: 'here' };
    runtime = await startRuntime(NODES, flow({ int8: false, header: false, ...names }), userDir);
    runtime.send('x', await weightsMessage(YES_WHEN_HOT, { round: 2 }));
    await runtime.next('report');
    assert.deepEqual(readdirSync(join(userDir, 'here')), ['evil_float32.tflite']);
  });

  it('says what to do when a file is in the way, and goes on afterwards', async () => {
    writeFileSync(join(userDir, 'blocked'), 'a file');
    runtime = await startRuntime(NODES, flow({ int8: false, folder: 'blocked' }), userDir);
    runtime.send('x', await weightsMessage(YES_WHEN_HOT, { round: 2 }));
    assert.match(sentence(await runtime.next('caught')), /a file is in its way/);
    rmSync(join(userDir, 'blocked'));
    runtime.send('x', { topic: 'export' });
    await runtime.next('report');
    assert.ok(existsSync(join(userDir, 'blocked', 'factory_float32.tflite')));
  });

  it('leaves the old files when the new ones cannot all be written', async () => {
    mkdirSync(folder('factory.h'), { recursive: true });
    writeFileSync(folder('factory.h', 'occupied'), '');
    runtime = await startRuntime(NODES, flow({ int8: false }), userDir);
    runtime.send('x', await weightsMessage(YES_WHEN_HOT, { round: 2 }));
    await runtime.next('caught', (msg) => /in its way/.test(sentence(msg)));
    assert.deepEqual(
      readdirSync(folder()).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });

  it('a setting that is wrong is named', async () => {
    for (const [settings, words] of [
      [{ samples: '0' }, /Set "samples"/],
      [{ every: 'often' }, /Set "every"/],
      [{ int8: false, float32: false, header: false }, /Tick at least one format/],
    ] as const) {
      runtime = await startRuntime(NODES, flow(settings), userDir);
      assert.match(sentence(await runtime.next('caught')), words);
      await runtime.close();
    }
    runtime = await startRuntime(NODES, flow(), userDir);
  });

  it('behind a frozen backbone: the files hold the layers, and take what it gives', async () => {
    const model = modelNode({ backbone: 'file', backboneFile: path, inputShape: '', features: 'a, b, c, d, e, f' });
    runtime = await startRuntime(NODES, flow({}, model), userDir);
    for (let i = 0; i < count; i++) runtime.send('x', { payload: [...inputs.subarray(6 * i, 6 * i + 6)] });
    runtime.send('x', await weightsMessage([0, 0.4, 0, -0.3, 0, -0.5], { round: 2 }, model));
    const told = await runtime.next('report');
    assert.equal((told.payload as { backbone: { outputs: number } }).backbone.outputs, 2);
    assert.equal(report(told).comparison?.samples, count);
    const header = runtime.received('file').at(-1)?.payload as Buffer;
    assert.match(header.toString(), /what the frozen backbone with the SHA-256 [0-9a-f]{64} gives/);
    assert.match(header.toString(), /#define FACTORY_INPUTS 2\n/);
  });

  it('hostile messages change nothing', async () => {
    runtime = await startRuntime(NODES, flow(), userDir);
    const good = await weightsMessage(YES_WHEN_HOT, { round: 2 });
    const samples = { payload: ROWS, label: LABELS };
    for (const msg of mutated([good, samples], 1000, 6)) runtime.send('x', msg);
    runtime.send('x', { topic: 'clear' });
    runtime.send('x', { payload: ROWS, label: LABELS });
    runtime.send('x', await weightsMessage(YES_WHEN_HOT, { round: 900 }));
    await runtime.next('report', (msg) => report(msg).round === 899);
    assert.equal(isPolluted(), false);
  });
});
