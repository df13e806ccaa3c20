import assert from 'node:assert/strict';
import { attackNames } from '../../../lib/attack';
import { encodeSamples } from '../../../lib/data/samples-message';
import { applyCodec } from '../../../lib/update/codecs/registry';
import { floats, modelMessage, numbersOf, SIZE, type UpdateMessage, update, wave } from '../messages';
import { isPolluted, mutated } from '../mutate';
import { dropped } from '../palette';
import { type Received, type Runtime, startRuntime } from '../runtime';

const flow = (settings: Record<string, unknown> = {}) => [
  { id: 'f', type: 'tab' },
  dropped('adversary', { id: 'a', z: 'f', who: 'clients', clients: 'bad, worse', wires: [['out']], ...settings }),
  { id: 'out', type: 'sink', z: 'f' },
  { id: 'c', type: 'catch', z: 'f', wires: [['caught']] },
  { id: 'caught', type: 'sink', z: 'f' },
];
const of = (client: string, values = wave(), header: Partial<UpdateMessage['fl']> = {}): UpdateMessage =>
  update(values, { client, ...header });
const numbers = (msg: Received): number[] => numbersOf(msg.payload as Buffer);
const isFrom =
  (client: string) =>
  ({ fl }: Received): boolean =>
    fl?.client === client;

describe('fl-adversary', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('turns the updates of the named clients round, marks them, and says how many it attacks', async () => {
    runtime = await startRuntime(['adversary'], flow({ factor: '2' }));
    await runtime.statusIs('a', (s) => s.text === 'waiting for updates');
    const good = of('good');
    runtime.send('a', { ...good, topic: 'mine' });
    runtime.send('a', { ...of('bad'), topic: 'mine' });
    const through = await runtime.next('out', isFrom('good'));
    assert.deepEqual(through.fl, good.fl);
    assert.deepEqual(through.payload, good.payload);
    const attacked = await runtime.next('out', isFrom('bad'));
    assert.deepEqual(
      numbers(attacked),
      numbers(good as unknown as Received).map((value) => -2 * value),
    );
    assert.deepEqual(attacked.fl?.notes, { attack: 'sign-flip' });
    assert.equal(attacked.topic, 'mine');
    await runtime.statusIs('a', (s) => s.text === 'attacks 1 of 2' && s.fill === 'green');
  });

  it('draws a share by id: all or nobody at the ends, and the same in two nodes', async () => {
    const share = { who: 'share', share: '50' };
    runtime = await startRuntime(
      ['adversary'],
      [
        ...flow(share),
        dropped('adversary', { id: 'b', z: 'f', ...share, wires: [['other']] }),
        { id: 'other', type: 'sink', z: 'f' },
      ],
    );
    const clients = Array.from({ length: 30 }, (_, i) => `plant-${i}`);
    for (const client of clients) for (const node of ['a', 'b']) runtime.send(node, of(client));
    await runtime.next('other', isFrom('plant-29'));
    const attacked = (id: string) =>
      runtime
        .received(id)
        .filter(({ fl }) => fl?.notes)
        .map(({ fl }) => fl?.client);
    assert.deepEqual(attacked('out'), attacked('other'));
    assert.ok(attacked('out').length > 5 && attacked('out').length < 25, `${attacked('out').length}`);
    for (const [percent, count] of [
      ['0', 0],
      ['100', 30],
    ] as const) {
      runtime.forget();
      await runtime.deploy(flow({ who: 'share', share: percent }));
      for (const client of clients) runtime.send('a', of(client));
      await runtime.next('out', isFrom('plant-29'));
      assert.equal(attacked('out').length, count);
    }
  });

  it('attacks what the codecs mean, and sends float32', async () => {
    runtime = await startRuntime(['adversary'], flow({ attack: 'scaling', gammaType: 'auto' }));
    const exact = of('bad', [1, -1, ...new Array(SIZE - 2).fill(0.5)], { expected: 7 });
    const { payload, codecs } = applyCodec(exact, 'quantize', { bits: 8 });
    runtime.send('a', { ...exact, payload, fl: { ...exact.fl, codecs } });
    const { fl, ...msg } = await runtime.next('out');
    assert.deepEqual(fl?.codecs, []);
    for (const [i, sign] of [1, -1].entries()) assert.ok(Math.abs(numbers(msg)[i] - 7 * sign) < 1e-3);
  });

  it('poisons samples between data set and client, and leaves those of others', async () => {
    runtime = await startRuntime(
      ['adversary'],
      flow({ attack: 'backdoor', features: '1', value: '9', target: 'yes', part: '100' }),
    );
    const block = { features: Float32Array.of(1, 2, 3, 4), targets: Float32Array.of(0, 1), count: 2 };
    const samples = (client: string) =>
      encodeSamples(block, 2, 1, { client, split: 'train', classes: ['no', 'yes'] }) as unknown as Record<
        string,
        unknown
      >;
    runtime.send('a', samples('good'));
    runtime.send('a', samples('bad'));
    assert.deepEqual(numbers(await runtime.next('out', isFrom('good'))), [1, 2, 0, 3, 4, 1]);
    assert.deepEqual(numbers(await runtime.next('out', isFrom('bad'))), [1, 9, 1, 3, 9, 1]);
    // Rows of the flow have no header.
    runtime.send('a', { payload: [1, 2], label: 'no' });
    assert.deepEqual((await runtime.next('out', ({ label }) => label === 'no')).payload, [1, 2]);
  });

  it('keeps the updates of the colluding back until all have answered, holding up nobody else', async () => {
    runtime = await startRuntime(['adversary'], flow({ attack: 'inner-product', epsilon: '1', knows: 'everybody' }));
    runtime.send('a', of('bad', wave(SIZE, 50), { expected: 3 }));
    runtime.send('a', of('good', wave(SIZE, 2), { expected: 3 }));
    await runtime.next('out', isFrom('good'));
    assert.equal(runtime.received('out').length, 1);
    runtime.send('a', of('worse', wave(SIZE, 50), { expected: 3 }));
    const [bad, worse] = [await runtime.next('out', isFrom('bad')), await runtime.next('out', isFrom('worse'))];
    assert.deepEqual(bad.payload, floats(wave(SIZE, -2)));
    assert.deepEqual(worse.payload, bad.payload);
    assert.deepEqual(worse.fl?.notes, { attack: 'inner-product' });
  });

  it('does not keep an update beyond its deadline, and drops it at a redeploy', async () => {
    const settings = { attack: 'inner-product', epsilon: '1' };
    runtime = await startRuntime(['adversary'], flow(settings));
    runtime.send('a', of('bad', wave(), { expected: 3, deadlineMs: 100 }));
    assert.deepEqual((await runtime.next('out')).payload, floats(wave(SIZE, -1)));
    runtime.forget();
    runtime.send('a', of('bad', wave(), { round: 2, attempt: 'a2', expected: 3 }));
    await runtime.deploy(flow({ ...settings, name: 'changed' }));
    runtime.send('a', modelMessage(wave()));
    await runtime.next('out', ({ fl }) => fl?.kind === 'model');
    assert.equal(runtime.received('out').length, 1);
  });

  it('speaks under further names', async () => {
    runtime = await startRuntime(['adversary'], flow({ attack: 'sybils', names: '2' }));
    runtime.send('a', of('bad'));
    await runtime.next('out', isFrom('bad~3'));
    const sent = runtime.received('out');
    assert.deepEqual(
      sent.map(({ fl }) => fl?.client),
      ['bad', 'bad~2', 'bad~3'],
    );
    assert.ok(sent.every(({ payload }) => (payload as Buffer).equals(of('bad').payload)));
  });

  it('attacks from one round to another', async () => {
    runtime = await startRuntime(['adversary'], flow({ fromRound: '2', toRound: '2' }));
    for (const round of [1, 2, 3]) runtime.send('a', of('bad', wave(), { round }));
    await runtime.next('out', ({ fl }) => fl?.round === 3);
    assert.deepEqual(
      runtime.received('out').map(({ fl }) => fl?.notes),
      [undefined, { attack: 'sign-flip' }, undefined],
    );
  });

  it('says which setting is wrong, and then lets nothing pass that it should have changed', async () => {
    runtime = await startRuntime(['adversary'], flow({ attack: 'backdoor', features: '1.5' }));
    const caught = await runtime.next('caught');
    const { error } = caught as { error?: { message: string } };
    assert.match(error?.message ?? '', /each feature of the trigger to a whole number/);
    await runtime.statusIs('a', (s) => s.text === 'check the settings');
    runtime.send('a', of('bad'));
    await runtime.next('caught', () => runtime.received('caught').length === 2);
    assert.equal(runtime.received('out').length, 0);
  });

  it('runs every attack with the settings of its dialogue', async () => {
    runtime = await startRuntime(['adversary'], flow());
    for (const attack of attackNames) {
      runtime.forget();
      await runtime.deploy(flow({ attack }));
      for (const round of [1, 2]) runtime.send('a', of('bad', wave(), { round, attempt: `a${round}`, expected: 1 }));
      const last = await runtime.next('out', ({ fl }) => fl?.round === 2);
      const onSamples = attack === 'label-flip' || attack === 'backdoor';
      assert.deepEqual(last.fl?.notes, onSamples ? undefined : { attack }, attack);
    }
  });

  it('survives thousands of mutated messages, in each way of attacking', async () => {
    const block = { features: Float32Array.of(1, 2, 3, 4), targets: Float32Array.of(0, 1), count: 2 };
    const info = { client: 'bad', split: 'train', classes: ['no', 'yes'] } as const;
    const good = [
      of('bad'),
      of('good'),
      modelMessage(wave()),
      encodeSamples(block, 2, 1, { ...info, classes: ['no', 'yes'] }),
    ];
    runtime = await startRuntime(['adversary'], flow());
    for (const attack of ['sign-flip', 'little-is-enough', 'replay', 'sybils', 'label-flip', 'free-rider']) {
      await runtime.deploy(flow({ attack, memory: '1' }));
      for (const msg of mutated(good, 1000, 5)) runtime.send('a', msg);
      runtime.forget();
      const header = { federation: 'other', attempt: 'z', expected: 1 };
      runtime.send('a', of('bad', wave(), header));
      await runtime.next('out', ({ fl }) => fl?.federation === 'other' && fl.client === 'bad');
    }
    assert.equal(isPolluted(), false);
  });
});
