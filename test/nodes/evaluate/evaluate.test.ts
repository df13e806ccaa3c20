import assert from 'node:assert/strict';
import { encodeSamples } from '../../../lib/data/samples-message';
import type { Robustness } from '../../../lib/robustness';
import { isPolluted, mutated } from '../mutate';
import { type Received, type Runtime, startRuntime } from '../runtime';
import { modelNode, weightsMessage } from '../small-model';

const flow = (settings: Record<string, unknown> = {}, model = modelNode()) => [
  { id: 'f', type: 'tab' },
  model,
  { id: 'e', type: 'fl-evaluate', z: 'f', model: 'm', wires: [['out']], ...settings },
  { id: 'out', type: 'sink', z: 'f' },
  { id: 'c', type: 'catch', z: 'f', wires: [['caught']] },
  { id: 'caught', type: 'sink', z: 'f' },
];
const NODES = ['model', 'evaluate'];
const sentence = (msg: Received): string => (msg as { error?: { message: string } }).error?.message ?? '';
type Figures = Record<string, number> & { confusion: number[][]; labels: string[]; federation: string };
const figures = (msg: Received): Figures => msg.payload as Figures;

/** p(yes) = sigmoid(heat - 5). */
const YES_WHEN_HOT = [0, 1, 0, 0, 0, -5];
/** In order of heat: yes, no, no, yes. One of each: true and false, yes and no. */
const SAMPLES = {
  payload: [
    [9, 0],
    [8, 0],
    [1, 0],
    [2, 0],
  ],
  label: ['yes', 'no', 'yes', 'no'],
};

describe('fl-evaluate', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('says on an empty canvas what it waits for, and then for what next', async () => {
    runtime = await startRuntime(NODES, [{ id: 'e', type: 'fl-evaluate' }]);
    assert.deepEqual(await runtime.statusIs('e', (s) => s.fill === 'yellow'), {
      fill: 'yellow',
      shape: 'ring',
      text: 'choose a model',
    });
    await runtime.close();
    runtime = await startRuntime(NODES, flow());
    await runtime.statusIs('e', (s) => s.text === 'waiting for samples');
    runtime.send('e', SAMPLES);
    await runtime.statusIs('e', (s) => s.text === 'waiting for a mode…' || s.text === 'waiting for a model');
  });

  it('gives the figures of a classifier', async () => {
    runtime = await startRuntime(NODES, flow());
    runtime.send('e', SAMPLES);
    runtime.send('e', { ...(await weightsMessage(YES_WHEN_HOT, { round: 4 })), note: 'kept' });
    const out = await runtime.next('out');
    assert.equal(out.topic, 'fl/evaluation');
    assert.equal(out.note, 'kept');
    assert.equal(out.fl, undefined);
    const { confusion, labels, federation, round, samples, accuracy, f1, precision, recall } = figures(out);
    assert.deepEqual([federation, round, samples], ['factory', 3, 4]);
    assert.deepEqual(confusion, [
      [1, 1],
      [1, 1],
    ]);
    assert.deepEqual(labels, ['no', 'yes']);
    assert.deepEqual([accuracy, f1, precision, recall], [0.5, 0.5, 0.5, 0.5]);
    // Precision 1 at the first and 1/2 at the last of the ranking: their mean. Of four pairs two are in order.
    assert.equal(figures(out).averagePrecision, 0.75);
    assert.equal(figures(out).rocAuc, 0.5);
    const p = [4, 3, -4, -3].map((x) => 1 / (1 + Math.exp(-x)));
    const loss = -(Math.log(p[0]) + Math.log(1 - p[1]) + Math.log(p[2]) + Math.log(1 - p[3])) / 4;
    assert.ok(Math.abs(figures(out).loss - loss) < 1e-5);
    await runtime.statusIs('e', (s) => s.text === 'F1 0.500');
  });

  it('counts which decisions hold when samples are moved, with float32 numbers and 8 bits', async () => {
    runtime = await startRuntime(NODES, flow({ robustness: true, strengths: '2; 3.5; 5', attackSteps: '8' }));
    runtime.send('e', SAMPLES);
    runtime.send('e', await weightsMessage(YES_WHEN_HOT));
    const out = await runtime.next('out');
    const { robustness } = out.payload as { robustness: Robustness };
    // Right are 9 (yes) and 2 (no), 4 and 3 degrees from the border at 5.
    const { clean, fgsm, pgd, amplification } = robustness.float32;
    assert.deepEqual([clean, fgsm, pgd], [0.5, [0.5, 0.25, 0], [0.5, 0.25, 0]]);
    assert.deepEqual([robustness.samples, robustness.steps, robustness.strengths], [4, 8, [2, 3.5, 5]]);
    // Only one of two features, which are moved alike, has a say, in one of two logits: at most 1 for each step in it.
    assert.equal(amplification[0].layer, 'dense_1');
    assert.ok(amplification[0].ratio > 0.7 && amplification[0].ratio <= 1.001, `${amplification[0].ratio}`);
    assert.equal(robustness.int8?.clean, 0.5);
    assert.equal(robustness.int8?.pgd.length, 3);
    await runtime.deploy(flow({ robustness: true, attacked: '1' }));
    runtime.send('e', SAMPLES);
    runtime.send('e', await weightsMessage(YES_WHEN_HOT));
    const again = (await runtime.next('out', (msg) => msg !== out)).payload as { robustness: Robustness };
    assert.deepEqual([again.robustness.samples, again.robustness.strengths], [1, [0.1, 0.2, 0.4]]);
  });

  it('says why it cannot measure robustness, and does not unasked', async () => {
    for (const [settings, model, reason] of [
      [{ robustness: true, strengths: '0.2, 0.1' }, modelNode(), /rising numbers/],
      [{ robustness: true }, modelNode({ task: 'regress', outputs: '1' }), /take the tick from "Robustness"/],
    ] as const) {
      runtime = await startRuntime(NODES, flow(settings, model));
      await runtime.statusIs('e', (s) => s.fill === 'red');
      runtime.send('e', { payload: [1, 2] });
      await runtime.next('caught', (msg) => reason.test(sentence(msg)));
      await runtime.close();
    }
    runtime = await startRuntime(NODES, flow());
    runtime.send('e', SAMPLES);
    runtime.send('e', await weightsMessage(YES_WHEN_HOT));
    assert.ok(!('robustness' in figures(await runtime.next('out'))));
  });

  it('takes another class as the positive one', async () => {
    runtime = await startRuntime(NODES, flow({ positive: 'no' }));
    runtime.send('e', {
      payload: [
        [9, 0],
        [8, 0],
        [1, 0],
      ],
      label: ['yes', 'no', 'no'],
    });
    runtime.send('e', await weightsMessage(YES_WHEN_HOT));
    // "no": one found of two, and none wrongly.
    const { precision, recall } = figures(await runtime.next('out'));
    assert.deepEqual([precision, recall], [1, 0.5]);
  });

  it('measures numbers and reconstructions too', async () => {
    const regress = modelNode({ task: 'regress', outputs: '1' });
    runtime = await startRuntime(NODES, flow({}, regress));
    runtime.send('e', {
      payload: [
        [1, 0],
        [2, 0],
        [3, 0],
      ],
      label: [3, 6, 7],
    });
    // 2 heat + 1: 3, 5, 7.
    runtime.send('e', await weightsMessage([2, 0, 1], {}, regress));
    const { mae, rmse, r2 } = figures(await runtime.next('out'));
    assert.ok(Math.abs(mae - 1 / 3) < 1e-6 && Math.abs(rmse - Math.sqrt(1 / 3)) < 1e-6);
    // 1 - 1 / ((3 - 16/3)^2 + (6 - 16/3)^2 + (7 - 16/3)^2)
    assert.ok(Math.abs(r2 - (1 - 1 / (49 / 9 + 4 / 9 + 25 / 9))) < 1e-6);
    await runtime.close();
    const anomaly = modelNode({ task: 'anomaly', normalisation: 'fixed', mean: '1, 1', std: '2, 2' });
    runtime = await startRuntime(NODES, flow({}, anomaly));
    runtime.send('e', { payload: [[3, 5]] });
    // Normalised (1, 2); the network gives (1, 0).
    runtime.send('e', await weightsMessage([1, 0, 0, 0], { normalisation: { mean: [1, 1], std: [2, 2] } }, anomaly));
    const reconstruction = figures(await runtime.next('out'));
    assert.ok(Math.abs(reconstruction.mae - 1) < 1e-6 && Math.abs(reconstruction.rmse - Math.sqrt(2)) < 1e-6);
  });

  it('holds training samples out unless told to use everything', async () => {
    const block = { features: Float32Array.from([9, 0]), targets: Float32Array.from([1]), count: 1 };
    const samples = (split: 'train' | 'test') => encodeSamples(block, 2, 1, { split, classes: ['no', 'yes'] });
    for (const [use, expected] of [
      ['test', 1],
      ['everything', 2],
    ] as const) {
      runtime = await startRuntime(NODES, flow({ use }));
      for (const split of ['train', 'test'] as const) runtime.send('e', { ...samples(split) });
      runtime.send('e', await weightsMessage(YES_WHEN_HOT));
      assert.equal(figures(await runtime.next('out')).samples, expected);
      if (use === 'test') await runtime.close();
    }
  });

  it('keeps no more samples than stated, and the newest of them', async () => {
    runtime = await startRuntime(NODES, flow({ limit: '2' }));
    runtime.send('e', {
      payload: [
        [9, 0],
        [9, 0],
        [1, 0],
        [1, 0],
      ],
      label: ['no', 'no', 'no', 'no'],
    });
    runtime.send('e', await weightsMessage(YES_WHEN_HOT));
    const out = figures(await runtime.next('out'));
    assert.deepEqual([out.samples, out.accuracy], [2, 1]);
  });

  it('measures a model that came before the samples once they are there', async () => {
    runtime = await startRuntime(NODES, flow());
    runtime.send('e', await weightsMessage(YES_WHEN_HOT, { round: 2 }));
    await runtime.statusIs('e', (s) => s.text === 'waiting for samples');
    for (const [i, sample] of SAMPLES.payload.entries())
      runtime.send('e', { payload: sample, label: SAMPLES.label[i] });
    const out = figures(await runtime.next('out'));
    assert.deepEqual([out.samples, out.round], [4, 1]);
  });

  it('measures a round once, only the newest of a crowd, and every n-th when asked; always the last', async () => {
    runtime = await startRuntime(NODES, flow());
    runtime.send('e', SAMPLES);
    for (let round = 1; round <= 50; round++)
      runtime.send('e', await weightsMessage([0, round, 0, 0, 0, -5], { round }));
    runtime.send('e', await weightsMessage([0, 50, 0, 0, 0, -5], { round: 50, attempt: 'again' }));
    await runtime.next('out', (msg) => figures(msg).round === 49);
    const rounds = runtime.received('out').map((msg) => figures(msg).round);
    assert.deepEqual(rounds, [...new Set(rounds)]);
    assert.equal(
      runtime.received('out').reduce((sum, msg) => sum + 1 + figures(msg).skipped, 0),
      50,
    );
    await runtime.close();
    runtime = await startRuntime(NODES, flow({ every: '10' }));
    runtime.send('e', SAMPLES);
    for (const round of [2, 11, 12]) {
      const cohort = round === 12 ? [] : ('all' as const);
      runtime.send('e', await weightsMessage([0, round, 0, 0, 0, -5], { round, cohort }));
      if (round > 2) await runtime.next('out', (msg) => figures(msg).round === round - 1);
    }
    assert.deepEqual(
      runtime.received('out').map((msg) => figures(msg).round),
      [10, 11],
    );
  });

  it('says what to do when the model is another one, a label is unknown, or features are missing', async () => {
    runtime = await startRuntime(NODES, flow());
    runtime.send('e', await weightsMessage(YES_WHEN_HOT, {}, modelNode({ seed: '2' })));
    await runtime.next('caught', (msg) => /choose the same fl-model/.test(sentence(msg)));
    runtime.send('e', { payload: [1, 2], label: 'maybe' });
    await runtime.next('caught', (msg) => /maybe/.test(sentence(msg)));
    runtime.send('e', { payload: [1, 2, 3], label: 'yes' });
    await runtime.next('caught', (msg) => /takes 2 features/.test(sentence(msg)));
    await runtime.close();
    runtime = await startRuntime(NODES, flow({ positive: 'perhaps' }));
    runtime.send('e', SAMPLES);
    await runtime.next('caught', (msg) => /"perhaps" is no label/.test(sentence(msg)));
  });

  it('leaves what else the aggregator says alone, and forgets its samples on "clear"', async () => {
    runtime = await startRuntime(NODES, flow());
    runtime.send('e', { fl: { kind: 'invite', federation: 'factory', round: 0, model: 'x', cohort: 'all' } });
    runtime.send('e', SAMPLES);
    runtime.send('e', { topic: 'clear' });
    runtime.send('e', { payload: [9, 0], label: 'yes' });
    runtime.send('e', await weightsMessage(YES_WHEN_HOT));
    assert.equal(figures(await runtime.next('out')).samples, 1);
    assert.equal(runtime.received('caught').length, 0);
  });

  it('survives thousands of mutated messages, and a redeploy in the middle', async () => {
    runtime = await startRuntime(NODES, flow());
    const good = [SAMPLES, await weightsMessage(YES_WHEN_HOT), { payload: { heat: 1, noise: 2 }, label: 'no' }];
    for (const msg of mutated(good, 3000, 4)) runtime.send('e', msg);
    await runtime.deploy(flow({ name: 'again' }));
    for (const msg of mutated(good, 1000, 5)) runtime.send('e', msg);
    runtime.send('e', { topic: 'clear' });
    runtime.send('e', SAMPLES);
    runtime.send('e', await weightsMessage(YES_WHEN_HOT, { federation: 'last' }));
    const out = await runtime.next('out', (msg) => figures(msg)?.federation === 'last');
    assert.equal(figures(out).f1, 0.5);
    assert.equal(isPolluted(), false);
  });
});
