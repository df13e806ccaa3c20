import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Changes, pumpFlow, pumpFolder } from '../federation/factory';
import { type FlowItem, type Received, type Runtime, startRuntime } from '../runtime';

const nodes = ['model', 'dataset', 'client', 'aggregator', 'evaluate', 'predict', 'dp-noise', 'quantize'];
const sink = (id: string): FlowItem => ({ id, z: 't', type: 'sink', wires: [] });

/** "own" gets the personal models, "answers" what fl-predict says, "figures" what fl-evaluate says, "sent" the updates. */
function flow(personal: Record<string, unknown>, changes: Changes = {}): FlowItem[] {
  return pumpFlow({
    ...changes,
    north: {
      persistent: 'true',
      ...personal,
      outputs: 3,
      wires: [['agg', 'sent'], ['events'], ['own', 'predict', 'evaluate']],
      ...changes.north,
    },
    aggregator: {
      rounds: '3',
      epochs: '3',
      wires: [['north-client', 'south-client', 'predict', 'evaluate'], ['metrics']],
    },
    dataset: { wires: [['north-client'], ['south-client'], ['held', 'evaluate']] },
    more: [
      { id: 'predict', z: 't', type: 'fl-predict', model: 'm', wires: [['answers']] },
      { id: 'evaluate', z: 't', type: 'fl-evaluate', model: 'm', wires: [['figures']] },
      ...['own', 'answers', 'figures', 'sent'].map(sink),
      ...(changes.more ?? []),
    ],
  });
}
const payload = (msg: Received): Record<string, unknown> => msg.payload as Record<string, unknown>;
const isUpdate = (msg: Received): boolean => msg.fl?.kind === 'update';

describe('personal models in a drawing', () => {
  let pumps: ReturnType<typeof pumpFolder>;
  let runtime: Runtime;
  const run = async (items: FlowItem[]): Promise<void> => {
    runtime = await startRuntime(nodes, items, pumps.folder);
  };
  const last = (): Promise<Received> => runtime.next('own', ({ fl }) => fl?.round === 4);
  beforeEach(() => {
    pumps = pumpFolder();
  });
  afterEach(async () => {
    await runtime.close();
    pumps.remove();
  });

  for (const [name, settings] of Object.entries({
    'fine-tuning': { personal: 'fine-tuning', personalEpochs: '2' },
    FedPer: { personal: 'fedper', privateLayers: '1' },
    FedRep: { personal: 'fedrep', privateLayers: 'dense_2', personalEpochs: '2' },
    Ditto: { personal: 'ditto', lambda: '0.5' },
    'Per-FedAvg': { personal: 'per-fedavg', alpha: '0.05' },
    'Per-FedAvg, Hessian-free': { personal: 'per-fedavg', variant: 'hessian-free', alpha: '0.05' },
  })) {
    it(`${name}: fl-predict uses the personal model, fl-evaluate gives both, the events have the held-out figures`, async () => {
      await run(flow(settings));
      const message = await last();
      assert.equal(message.fl?.personal, 'north');
      const { event, samples, global, personal } = payload(
        await runtime.next('events', (msg) => payload(msg).event === 'trained' && payload(msg).client === 'north'),
      ) as Record<string, Record<string, number>> & { event: string; samples: number };
      assert.equal(event, 'trained');
      // 80 % of 200 go to the clients; a fifth of those, by lot, is held out from the training.
      assert.ok(samples > 110 && samples < 150, String(samples));
      assert.equal(global.samples, personal.samples);
      assert.ok(global.samples > 15 && global.samples + samples < 200);
      for (const { accuracy } of [global, personal]) assert.ok(accuracy >= 0 && accuracy <= 1);
      runtime.send('predict', { payload: [80, 0] });
      const answer = payload(await runtime.next('answers'));
      assert.deepEqual([answer.personal, answer.label], ['north', 'hot']);
      const both = payload(
        await runtime.next('figures', (msg) => payload(msg).client === 'north' && payload(msg).round === 3),
      );
      const { north } = both.personal as Record<string, Record<string, number>>;
      assert.equal(north.accuracy, both.accuracy);
      assert.ok((both.global as Record<string, number>).accuracy > 0.5);
    });
  }

  it('a personal autoencoder is judged by a threshold of its own errors', async () => {
    const changes: Record<string, Record<string, unknown>> = {
      m: { task: 'anomaly', labels: '', layers: [{ type: 'dense', units: 1, activation: 'linear' }] },
      agg: { threshold: 'quantile', quantile: '0.9' },
      data: { labelKind: 'none', wires: [['north-client'], ['south-client'], ['held']] },
    };
    const drawn = flow({ personal: 'ditto', lambda: '0.5' });
    await run(drawn.map((item) => ({ ...item, ...changes[item.id] })));
    const own = (await last()).fl?.threshold as Record<string, number>;
    assert.equal(own.quantile, 0.9);
    // Of the 15 % to 25 % of its 160 samples that it has held out.
    assert.ok(own.samples > 15 && own.samples < 60, String(own.samples));
    const told = payload(await runtime.next('metrics', (msg) => payload(msg).round === 3));
    const { value } = told.threshold as Record<string, number>;
    assert.notEqual(own.value, value);
    runtime.send('predict', { payload: [80, 0] });
    const answer = payload(await runtime.next('answers'));
    assert.deepEqual([answer.personal, answer.threshold], ['north', own.value]);
    assert.equal(answer.anomaly, Number(answer.error) > own.value);
  });

  it('what stays at home is not in the update, which is shorter by it; noise and quantisation follow', async () => {
    const noise: FlowItem = {
      id: 'noise',
      z: 't',
      type: 'fl-dp-noise',
      mode: 'local',
      clippingNorm: '0.01',
      noise: 'multiplier',
      noiseMultiplier: '40',
      budget: '',
      statistics: 'pass',
      wires: [['bits'], []],
    };
    const bits: FlowItem = { id: 'bits', z: 't', type: 'fl-quantize', bits: '8', wires: [['agg', 'coded']] };
    await run(
      flow(
        { personal: 'fedper', wires: [['noise', 'sent'], ['events'], ['own']] },
        {
          north: { wires: [['noise', 'sent'], ['events'], ['own']] },
          south: { personal: 'fedper', wires: [['noise'], ['events'], []] },
          more: [noise, bits, sink('coded')],
        },
      ),
    );
    await last();
    const first = (id: string) => {
      const found = runtime.received(id).find(isUpdate);
      const codecs = (found?.fl?.codecs ?? []) as { name: string }[];
      return { bytes: (found?.payload as Buffer | undefined)?.length, codecs: codecs.map(({ name }) => name) };
    };
    // dense_1 has 8 + 4 numbers, dense_2 (at home) 8 + 2.
    assert.deepEqual(first('sent'), { bytes: 1 + 4 * 12, codecs: ['layers'] });
    assert.deepEqual(first('coded'), { bytes: 1 + 2 * 4 + 12, codecs: ['layers', 'quantize'] });
    assert.deepEqual(runtime.received('caught'), []);
  });

  it('is kept through a restart, forgotten when told, and begins anew with another model', async () => {
    const kept = (): string[] =>
      readdirSync(join(pumps.folder, 'fl-tinyml', 'clients')).filter((file) => /personal-\w+\.state$/.test(file));
    await run(flow({ personal: 'ditto' }));
    const before = await last();
    await runtime.stop();
    const [record] = kept();
    const bytes = readFileSync(join(pumps.folder, 'fl-tinyml', 'clients', record));
    assert.ok(bytes.includes(before.payload as Buffer), 'the personal weights are in the record');
    // The federation has ended: the model that it shows again brings the same personal one.
    await run(flow({ personal: 'ditto' }));
    assert.deepEqual((await last()).payload, before.payload);
    runtime.send('north-client', { topic: 'forget' });
    await runtime.statusIs('north-client', ({ text }) => text === '0/16 samples');
    await runtime.stop();
    assert.deepEqual(kept(), []);
  });

  it('with layers at home a client declines a strategy whose vectors would tell of them', async () => {
    await run(
      flow({ personal: 'fedper' }, { aggregator: {} }).map((item) =>
        item.id === 'agg' ? { ...item, strategy: 'scaffold' } : item,
      ),
    );
    const declined = await runtime.next('events', (msg) => payload(msg).event === 'declined');
    assert.match(String(payload(declined).reason), /layers that stay at home/);
  });

  it('says why its settings are wrong', async () => {
    await run(flow({ personal: 'fedper', privateLayers: 'dense_9' }));
    const { error } = (await runtime.next('caught')) as Received & { error: { message: string } };
    assert.match(error.message, /no layer "dense_9".*dense_1, dense_2/);
  });
});
