import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSamples } from '../../../lib/data/samples-message';
import { createBatcher } from '../../../nodes/predict/batcher';
import { isPolluted, mutated } from '../mutate';
import { type Received, type Runtime, startRuntime } from '../runtime';
import { modelNode, weightsMessage } from '../small-model';

const flow = (settings: Record<string, unknown> = {}, model = modelNode()) => [
  { id: 'f', type: 'tab' },
  model,
  { id: 'p', type: 'fl-predict', z: 'f', model: 'm', wires: [['out']], ...settings },
  { id: 'out', type: 'sink', z: 'f' },
  { id: 'c', type: 'catch', z: 'f', wires: [['caught']] },
  { id: 'caught', type: 'sink', z: 'f' },
];
const NODES = ['model', 'predict'];
const sentence = (msg: Received): string => (msg as { error?: { message: string } }).error?.message ?? '';
/** p(yes) = sigmoid(heat - 5). */
const YES_WHEN_HOT = [0, 1, 0, 0, 0, -5];
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
interface Answer {
  label: string;
  confidence: number;
  scores: Record<string, number>;
  round: number;
  expected?: unknown;
}
const answer = (msg: Received): Answer => msg.payload as Answer;
const close = (value: number, wanted: number): boolean => Math.abs(value - wanted) < 1e-6;

describe('fl-predict', () => {
  let runtime: Runtime;
  let userDir: string;
  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), 'fl-predict-'));
  });
  afterEach(async () => {
    await runtime.close();
    rmSync(userDir, { recursive: true, force: true });
  });

  it('answers with label, confidence and scores, and keeps the rest of the message', async () => {
    runtime = await startRuntime(NODES, flow(), userDir);
    runtime.send('p', await weightsMessage(YES_WHEN_HOT, { round: 8 }));
    await runtime.statusIs('p', (s) => s.text === 'round 7');
    runtime.send('p', { payload: { heat: 7, noise: 3 }, label: 'no', topic: 'engine 5', time: 12 });
    const out = await runtime.next('out');
    const { label, confidence, scores, round, expected } = answer(out);
    assert.deepEqual([label, round, expected], ['yes', 7, 'no']);
    assert.ok(close(confidence, sigmoid(2)) && close(scores.yes, sigmoid(2)) && close(scores.no, sigmoid(-2)));
    assert.deepEqual([out.topic, out.time, out.label], ['engine 5', 12, 'no']);
    await runtime.statusIs('p', (s) => s.text === 'round 7: 1');
  });

  it('answers an array of samples with an array, in order', async () => {
    runtime = await startRuntime(NODES, flow(), userDir);
    runtime.send('p', await weightsMessage(YES_WHEN_HOT));
    runtime.send('p', {
      payload: [
        [9, 0],
        [1, 0],
      ],
      label: ['yes', 'yes'],
    });
    runtime.send('p', { payload: [{ heat: 1, noise: 0, label: 'no' }] });
    runtime.send('p', { payload: [9, 0] });
    await runtime.next('out', () => runtime.received('out').length === 3);
    const [many, one, single] = runtime.received('out').map(({ payload }) => payload);
    assert.deepEqual(
      (many as Answer[]).map(({ label, expected }) => [label, expected]),
      [
        ['yes', 'yes'],
        ['no', 'yes'],
      ],
    );
    assert.deepEqual(
      (one as Answer[]).map(({ label, expected }) => [label, expected]),
      [['no', 'no']],
    );
    assert.equal((single as Answer).label, 'yes');
    assert.equal('expected' in (single as Answer), false);
  });

  it('takes samples of the suite with their true labels', async () => {
    runtime = await startRuntime(NODES, flow(), userDir);
    runtime.send('p', await weightsMessage(YES_WHEN_HOT));
    const block = { features: Float32Array.from([9, 0]), targets: Float32Array.from([0]), count: 1 };
    runtime.send('p', { ...encodeSamples(block, 2, 1, { split: 'test', classes: ['no', 'yes'] }) });
    const out = await runtime.next('out');
    assert.deepEqual([answer(out).label, answer(out).expected], ['yes', 'no']);
    assert.equal(out.fl, undefined);
  });

  it('gives numbers and reconstruction errors for the other tasks', async () => {
    const regress = modelNode({ task: 'regress', outputs: '1' });
    runtime = await startRuntime(NODES, flow({}, regress), userDir);
    runtime.send('p', await weightsMessage([2, 0, 1], {}, regress));
    runtime.send('p', { payload: [3, 0] });
    assert.deepEqual((await runtime.next('out')).payload, { value: 7, round: 0 });
    await runtime.close();
    const anomaly = modelNode({ task: 'anomaly' });
    runtime = await startRuntime(NODES, flow({}, anomaly), userDir);
    const normalisation = { mean: [1, 1], std: [2, 2] };
    runtime.send('p', await weightsMessage([1, 0, 0, 0], { normalisation }, anomaly));
    runtime.send('p', { payload: [3, 5] });
    // Normalised (1, 2), reconstructed as (1, 0).
    assert.deepEqual((await runtime.next('out')).payload, { error: 2, round: 0 });
  });

  it('reads from and writes to the properties that were chosen', async () => {
    runtime = await startRuntime(NODES, flow({ input: 'sensor.values', output: 'result.engine' }), userDir);
    runtime.send('p', await weightsMessage(YES_WHEN_HOT));
    runtime.send('p', { payload: 'untouched', sensor: { values: [9, 0] } });
    const out = await runtime.next('out');
    assert.equal(out.payload, 'untouched');
    assert.equal((out.result as { engine: Answer }).engine.label, 'yes');
  });

  it('answers nothing and keeps nothing before the first model, but says so', async () => {
    runtime = await startRuntime(NODES, flow(), userDir);
    await runtime.statusIs('p', (s) => s.text === 'waiting for a mode…' || s.text === 'waiting for a model');
    for (const heat of [1, 2, 3]) runtime.send('p', { payload: [heat, 0] });
    assert.match(sentence(await runtime.next('caught')), /connect the first output of fl-aggregator/);
    runtime.send('p', await weightsMessage(YES_WHEN_HOT));
    runtime.send('p', { payload: [9, 0] });
    await runtime.next('out');
    assert.equal(runtime.received('out').length, 1);
    assert.equal(runtime.received('caught').length, 1);
  });

  it('predicts at once after a restart, but not with a damaged file', async () => {
    runtime = await startRuntime(NODES, flow(), userDir);
    runtime.send('p', await weightsMessage(YES_WHEN_HOT, { round: 3 }));
    runtime.send('p', { payload: [9, 0] });
    await runtime.next('out');
    await runtime.close();
    runtime = await startRuntime(NODES, flow(), userDir);
    await runtime.statusIs('p', (s) => s.text === 'round 2');
    runtime.send('p', { payload: [9, 0] });
    await runtime.next('out', (msg) => answer(msg).label === 'yes' && answer(msg).round === 2);
    await runtime.close();
    const folder = join(userDir, 'fl-tinyml', 'predict');
    for (const file of readdirSync(folder)) {
      const bytes = readFileSync(join(folder, file));
      bytes[bytes.length >> 1] ^= 1;
      writeFileSync(join(folder, file), bytes);
    }
    runtime = await startRuntime(NODES, flow(), userDir);
    await runtime.statusIs('p', (s) => s.fill === 'red');
    runtime.send('p', { payload: [9, 0] });
    await runtime.next('caught', (msg) => /No global model/.test(sentence(msg)));
    assert.equal(runtime.received('out').length, 0);
    // The next round mends it.
    runtime.send('p', await weightsMessage(YES_WHEN_HOT, { round: 5 }));
    runtime.send('p', { payload: [9, 0] });
    await runtime.next('out', (msg) => answer(msg).round === 4);
  });

  it('does not use a kept model of another specification or federation', async () => {
    runtime = await startRuntime(NODES, flow(), userDir);
    runtime.send('p', await weightsMessage(YES_WHEN_HOT));
    runtime.send('p', { payload: [9, 0] });
    await runtime.next('out');
    await runtime.close();
    for (const changed of [flow({}, modelNode({ seed: '2' })), flow({ federation: 'farm' })]) {
      runtime = await startRuntime(NODES, changed, userDir);
      runtime.send('p', { payload: [9, 0] });
      await runtime.next('caught', (msg) => /No global model/.test(sentence(msg)));
      await runtime.close();
    }
    runtime = await startRuntime(NODES, flow({}, modelNode({ seed: '2' })), userDir);
    runtime.send('p', await weightsMessage(YES_WHEN_HOT));
    await runtime.next('caught', (msg) => /choose the same fl-model/.test(sentence(msg)));
  });

  it('keeps the order of a crowd of samples', async () => {
    runtime = await startRuntime(NODES, flow(), userDir);
    runtime.send('p', await weightsMessage([0, 0.01]));
    for (let i = 0; i < 500; i++) runtime.send('p', { payload: [i, 0], i });
    await runtime.next('out', (msg) => msg.i === 499);
    const out = runtime.received('out');
    assert.deepEqual(
      out.map(({ i }) => i),
      Array.from({ length: 500 }, (_, i) => i),
    );
    for (const msg of out) assert.ok(close(answer(msg).scores.yes, sigmoid((msg.i as number) / 100)), `${msg.i}`);
  });

  it('survives thousands of mutated messages', async () => {
    runtime = await startRuntime(NODES, flow(), userDir);
    const good = [
      await weightsMessage(YES_WHEN_HOT),
      { payload: { heat: 1, noise: 2 }, label: 'no' },
      { payload: [[1, 2]] },
    ];
    for (const msg of mutated(good, 3000, 6)) runtime.send('p', msg);
    runtime.send('p', await weightsMessage(YES_WHEN_HOT, { round: 99 }));
    runtime.send('p', { payload: [9, 0], last: true });
    assert.equal(answer(await runtime.next('out', ({ last }) => last === true)).label, 'yes');
    assert.equal(isPolluted(), false);
  });
});

describe('the batcher of fl-predict', () => {
  const block = (value: number) => ({ features: Float32Array.from([value]), targets: new Float32Array(0), count: 1 });

  it('asks once for all that wait, and turns away what is too much', async () => {
    const jobs: number[] = [];
    const batcher = createBatcher(async (features, count) => {
      jobs.push(count);
      await new Promise((resolve) => setTimeout(resolve, 5));
      return features.map((value) => 2 * value);
    });
    const asked = Array.from({ length: 1500 }, (_, i) => batcher.run(block(i)));
    const answers = await Promise.allSettled(asked);
    const given = answers.flatMap((one, i) => (one.status === 'fulfilled' ? [[i, one.value[0]]] : []));
    assert.deepEqual(
      given,
      given.map(([i]) => [i, 2 * i]),
    );
    assert.equal(
      given.length,
      jobs.reduce((sum, count) => sum + count, 0),
    );
    assert.equal(jobs.length, 2);
    const refused = answers.find((one) => one.status === 'rejected');
    assert.equal(refused?.reason.code, 'too-fast');
  });

  it('goes on after a job that failed', async () => {
    let calls = 0;
    const batcher = createBatcher(async (features) => {
      if (calls++ === 0) throw new Error('the worker ended');
      return features;
    });
    await assert.rejects(batcher.run(block(1)), /the worker ended/);
    assert.deepEqual([...(await batcher.run(block(2)))], [2]);
  });
});
