/** Thousands of hostile messages into every input, and hostile settings: nothing crashes, and the model stays. */
import assert from 'node:assert/strict';
import { setImmediate as afterEvents, setTimeout as sleep } from 'node:timers/promises';
import { batcher } from '../../../lib/data/dataset';
import { federationOptions } from '../../../lib/federation/options';
import type { ModelHeader } from '../../../lib/update/message';
import { aggregatorOptions } from '../../../nodes/aggregator/options';
import { clientOptions } from '../../../nodes/client/options';
import { datasetOptions } from '../../../nodes/dataset/options';
import { readModel } from '../../../nodes/model/read-model';
import type { FlowNode, Settings } from '../../../nodes/shared/red';
import { floats, numbersOf, wave } from '../messages';
import { isPolluted, mutated } from '../mutate';
import { type FlowItem, type Received, type Runtime, startRuntime } from '../runtime';
import { palette, pumpFlow, pumpFolder } from './factory';

/** Messages for each node; FL_FUZZ=100000 for the long run. */
const COUNT = Number(process.env.FL_FUZZ ?? 4000);

type Fields = Record<string, unknown>;
const header = (msg: Received): ModelHeader => msg.fl as unknown as ModelHeader;

async function flood(runtime: Runtime, id: string, good: readonly object[], seed: number): Promise<void> {
  let sent = 0;
  for (const msg of mutated(good, COUNT, seed)) {
    runtime.send(id, msg);
    if (++sent % 200 === 0) await afterEvents();
    if (sent % 2000 === 0) runtime.forget();
  }
  await sleep(50);
  assert.equal(isPolluted(), false);
}

describe('hostile messages', () => {
  const pumps = pumpFolder();
  after(() => pumps.remove());
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('do not move the model of the aggregator while a round is open', async () => {
    const item = (id: string): FlowItem => ({ id, z: 't', type: 'sink', wires: [] });
    const flow = pumpFlow({ model: { normalisation: 'none' }, aggregator: { minClients: '3', rounds: '1' } });
    const keep = flow.filter(({ id }) => ['t', 'm', 'k', 'caught'].includes(id));
    const agg: FlowItem = { ...(flow.find(({ id }) => id === 'agg') as FlowItem), wires: [['told'], ['metrics']] };
    runtime = await startRuntime(['model', 'aggregator'], [...keep, item('told'), item('metrics'), agg]);
    const invite = await runtime.next('told');
    const { federation, model } = header(invite);
    const from = (client: string): Fields => ({ federation, model, round: 1, client });
    for (const client of ['a', 'b', 'bad']) runtime.send('agg', { fl: { kind: 'join', ...from(client), samples: 10 } });
    const asked = await runtime.next('told', (msg) => header(msg).kind === 'model');
    const { attempt, tensors } = header(asked);
    const before = numbersOf(asked.payload as Buffer);
    const size = before.length;
    const update = (client: string, values: number[], samples: number, changes: Fields = {}) => ({
      payload: floats(values),
      fl: {
        kind: 'update',
        ...from(client),
        attempt,
        samples,
        codecs: [],
        tensors,
        expected: 3,
        deadlineMs: 20_000,
        ...changes,
      },
    });
    const left = wave(size, 0.1);
    const right = wave(size, -0.3).reverse();
    runtime.send('agg', update('a', left, 10));
    // Each has one fault that no mutation takes away.
    const good = [
      update(
        'bad',
        left.map(() => Number.NaN),
        10,
      ),
      update('bad', left, 10, { tensors: [[7, 7]] }),
      update('bad', left, 10, { model: 'cd'.repeat(32) }),
      update('bad', left, 10, { attempt: 'another.1' }),
      update('nobody', left, 10),
      update('a', right, 1000),
      { payload: Buffer.alloc(8), fl: update('bad', left, 10).fl },
      { fl: { kind: 'join', ...from('more'), samples: 5, facts: { battery: 5, link: 'lora', willing: true } } },
      { fl: { kind: 'decline', ...from('nobody'), attempt, reason: 'no', withheld: 9 } },
      { fl: { kind: 'statistics', ...from('a'), attempt }, payload: Buffer.alloc(40) },
      { fl: { kind: 'decline', ...from('nobody'), attempt, reason: 'no' } },
      { topic: 'dance', payload: 1 },
      // Commands that change nothing, however they are spoiled: those that do are not for a round under way.
      { topic: 'release', payload: 'bad' },
      { topic: 'release', payload: ['a', 'b'] },
      { topic: 'release', payload: { client: 'a' } },
    ];
    await flood(runtime, 'agg', good, 11);
    runtime.send('agg', update('b', right, 30));
    runtime.send('agg', { fl: { kind: 'decline', ...from('bad'), attempt, reason: 'tired' } });
    const next = await runtime.next('told', (msg) => header(msg).kind === 'model' && header(msg).round === 2);
    const moved = numbersOf(next.payload as Buffer).map((value, i) => value - before[i]);
    moved.forEach((value, i) => {
      const expected = (10 * left[i] + 30 * right[i]) / 40;
      assert.ok(Math.abs(value - expected) < 1e-6, `number ${i}: ${value}, not ${expected}`);
    });
    const metrics = (await runtime.next('metrics')).payload as { refused: Fields; updates: number };
    assert.equal(metrics.updates, 2);
    assert.ok(Object.keys(metrics.refused).length > 3);
  }).timeout(600_000);

  it('leave a client able to answer', async () => {
    runtime = await startRuntime(palette, pumpFlow({ dataset: { file: `${pumps.folder}/pumps.csv` } }));
    const asked = await runtime.next('told', (msg) => header(msg).kind === 'model');
    const told = runtime.received('told').slice(0, 20);
    await runtime.next('told', (msg) => header(msg).round === 6);
    const good: object[] = [
      ...told.map(({ fl, payload }) => ({ fl, payload })),
      { payload: [1, 2], label: 'hot' },
      { payload: { heat: 1, noise: 2 }, label: 'cold' },
      { payload: [{ heat: 1, noise: 2, label: 'cold' }], topic: 'x' },
      {
        fl: { kind: 'samples', count: 1, width: 2, targets: 1, classes: ['cold', 'hot'], split: 'train' },
        payload: floats([1, 2, 1]),
      },
    ];
    good.push(
      { topic: 'facts', payload: { battery: 50, charging: true, bytesPerSecond: 10 } },
      ...told.flatMap(({ fl, payload }) =>
        header({ fl } as Received).kind === 'model'
          ? [{ fl: { ...fl, maxStaleness: 2, turn: 1, sending: { name: 'norm', threshold: 0.1 } }, payload }]
          : [],
      ),
    );
    await flood(runtime, 'north-client', good, 12);
    // The last word may have been that it is not willing.
    runtime.send('north-client', { topic: 'facts', payload: {} });
    runtime.forget();
    runtime.send('north-client', { ...asked, fl: { ...asked.fl, attempt: 'afterwards', cohort: ['north'], round: 9 } });
    // Among the mutants were samples of huge numbers, from which it may say that nothing can be learned; but it answers.
    const answered = ({ payload }: Received): boolean => {
      const { event, round } = payload as Fields;
      return (event === 'trained' || event === 'declined') && round === 9;
    };
    await runtime.next('events', answered);
  }).timeout(600_000);

  it('leave a data set able to take rows', async () => {
    const flow = pumpFlow({
      dataset: {
        source: 'flow',
        split: 'single',
        wires: [['told'], ['held']],
        model: '',
        classes: 'cold, hot',
        holdOut: 'none',
      },
    });
    runtime = await startRuntime(
      ['dataset'],
      flow.filter(({ type }) => !['fl-model', 'fl-client', 'fl-aggregator'].includes(type)),
    );
    await runtime.statusIs('data', ({ text }) => text === 'waiting for rows');
    const row = { heat: 20, noise: 1, label: 'cold', plant: 'north' };
    await flood(runtime, 'data', [{ payload: row }, { payload: [row, row] }, { topic: 'end' }], 13);
    runtime.forget();
    runtime.send('data', { payload: { ...row, heat: 4321 } });
    await runtime.next('told', (msg) => numbersOf(msg.payload as Buffer)[0] === 4321);
  }).timeout(600_000);
});

describe('hostile settings', () => {
  const flow = pumpFlow({ model: { normalisation: 'fixed', mean: '1, 2', std: '1, 1' } });
  const settingsOf = (type: string): object => flow.find((item) => item.type === type) as object;
  const node = { id: 'n' } as FlowNode;
  const staleness = { maxStaleness: '4', staleness: 'hinge', stalenessA: '2', stalenessB: '1' };
  const variants: Record<string, object[]> = {
    'fl-aggregator': [
      { timing: 'async', method: 'fedasync', mixing: '0.5', concurrency: '2', ...staleness },
      { timing: 'async', method: 'fedbuff', bufferSize: '2', bufferRate: '1', ...staleness },
      {
        timing: 'late',
        overSelect: '0.5',
        sampler: 'power-of-choice',
        sampleCount: '2',
        candidates: '3',
        ...staleness,
      },
      { sampler: 'availability', sampleCount: '2', minBattery: '20', minBytesPerSecond: '10' },
      { sampler: 'poisson', probability: '0.5', sending: 'norm', sendingThreshold: '0.1', sendingPatience: '3' },
      { sending: 'periodic', sendingEvery: '3' },
      { schedule: 'step', scheduleEvery: '5', scheduleFactor: '0.5' },
      { schedule: 'inverse', scheduleDecay: '0.1' },
    ],
  };
  const readers: [string, (settings: Settings) => unknown][] = [
    ['fl-model', (settings) => readModel(settings)],
    ['fl-dataset', (settings) => batcher(datasetOptions(settings).spec)],
    ['fl-client', (settings) => clientOptions(settings, node)],
    ['fl-aggregator', (settings) => federationOptions(aggregatorOptions(settings, ['cold', 'hot']))],
  ];
  for (const [type, read] of readers) {
    it(`of ${type} are refused with a sentence or read`, async () => {
      let refused = 0;
      for (const settings of mutated(
        [{}, ...(variants[type] ?? [])].map((variant) => ({ ...settingsOf(type), ...variant })),
        COUNT,
        14,
      )) {
        try {
          await read(settings as Settings);
        } catch (error) {
          assert.equal((error as Error).name, 'RefusedError', String((error as Error).stack));
          refused++;
        }
      }
      assert.ok(refused > 0);
      assert.equal(isPolluted(), false);
    }).timeout(600_000);
  }
});
