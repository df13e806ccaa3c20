import assert from 'node:assert/strict';
import type { Unlikeness } from '../../../lib/data/unlikeness';
import type { ModelHeader } from '../../../lib/update/message';
import { type FlowItem, type Received, type Runtime, startRuntime } from '../runtime';
import { type Changes, palette, pumpFlow, pumpFolder } from './factory';

const header = (msg: Received): ModelHeader => msg.fl as unknown as ModelHeader;
const isFinal = (msg: Received): boolean =>
  header(msg).kind === 'model' && Array.isArray(header(msg).cohort) && header(msg).cohort.length === 0;
const payload = (msg: Received): Record<string, unknown> => msg.payload as Record<string, unknown>;

describe('a federation drawn as a flow', () => {
  const pumps = pumpFolder();
  after(() => pumps.remove());
  let runtime: Runtime;
  const run = async (changes: Changes = {}): Promise<void> => {
    runtime = await startRuntime(palette, pumpFlow(changes));
    // Its own user directory, but the rows of the suite.
  };
  afterEach(() => runtime.close());

  const learned = async (federation: string): Promise<Buffer> => {
    await run({
      dataset: { file: `${pumps.folder}/pumps.csv` },
      aggregator: { federation },
      north: { federation },
      south: { federation },
    });
    return (await runtime.next('told', isFinal)).payload as Buffer;
  };

  it('learns by itself after a deploy, and the same bits again on a second run', async () => {
    const first = await learned('one');
    const metrics = runtime.received('metrics').map(payload);
    assert.deepEqual(
      metrics.map(({ round, updates }) => [round, updates]),
      [
        [1, 2],
        [2, 2],
        [3, 2],
        [4, 2],
        [5, 2],
      ],
    );
    assert.equal(runtime.received('metrics')[0].topic, 'fl/metrics');
    const losses = metrics.map(({ loss }) => Number(loss));
    assert.ok(losses[4] < 0.5 * losses[0], `${losses}`);
    assert.equal(header(runtime.received('told').filter(isFinal)[0]).round, 6);
    assert.deepEqual(runtime.received('caught'), []);
    assert.equal((await runtime.statusIs('agg', ({ fill }) => fill === 'green')).text, '5 rounds done');
    const events = runtime.received('events').map(payload);
    assert.equal(events.filter(({ event }) => event === 'trained').length, 10);
    await runtime.close();
    assert.ok((await learned('one')).equals(first));
  });

  it('weighs the classes by the counts that its clients tell, and tells once how unlike they are', async () => {
    await run({
      dataset: { file: `${pumps.folder}/pumps.csv` },
      aggregator: { classWeighting: 'balanced', classWeightCap: '50', unlikeness: true, focalGamma: '2', rounds: '2' },
    });
    const first = await runtime.next('told', (msg) => header(msg).kind === 'model');
    await runtime.next('told', isFinal);
    const told = runtime.received('metrics').filter(({ topic }) => topic === 'fl/unlikeness');
    assert.equal(told.length, 1);
    assert.equal(header(first).training.focalGamma, 2);
    const { pooled, samples, labels, clients } = payload(told[0]) as unknown as Unlikeness & { labels: string[] };
    assert.equal(clients.length, 2);
    assert.deepEqual(
      header(first).training.classWeights,
      pooled.map((count) => samples / (labels.length * count)),
    );
  });

  it('counts labels again every few rounds, when it is told to', async () => {
    await run({
      dataset: { file: `${pumps.folder}/pumps.csv` },
      aggregator: { classWeighting: 'balanced', countEvery: '2', unlikeness: true, rounds: '5' },
    });
    await runtime.next('told', isFinal);
    const asked = runtime.received('told').filter(({ fl }) => fl?.kind === 'statistics-request');
    assert.deepEqual(
      asked.map(({ fl }) => [fl?.round, fl?.sums]),
      [
        [0, undefined],
        [3, false],
        [5, false],
      ],
    );
    assert.equal(runtime.received('metrics').filter(({ topic }) => topic === 'fl/unlikeness').length, 3);
    assert.deepEqual(runtime.received('caught'), []);
  });

  it('keeps what it has learned to itself, whatever the flow does to its messages', async () => {
    const clean = await learned('vandals');
    await runtime.close();
    const vandal: FlowItem = { id: 'v', z: 't', type: 'vandal', wires: [] };
    const changes: Changes = {
      dataset: { file: `${pumps.folder}/pumps.csv` },
      // The first wire gets the object itself, not a copy.
      aggregator: { federation: 'vandals', wires: [['v', 'north-client', 'south-client', 'told'], ['metrics']] },
      north: { federation: 'vandals', wires: [['v', 'agg'], ['events']] },
      south: { federation: 'vandals', wires: [['v', 'agg'], ['events']] },
      more: [vandal],
    };
    runtime = await startRuntime(palette, pumpFlow(changes));
    const model = await runtime.next('told', isFinal);
    assert.ok((model.payload as Buffer).equals(clean));
  });

  it('starts, pauses, steps and resets by command', async () => {
    await run({ dataset: { file: `${pumps.folder}/pumps.csv` }, aggregator: { start: 'message', rounds: '0' } });
    await runtime.statusIs('agg', ({ text }) => text === 'send start');
    await runtime.statusIs('north-client', ({ fill }) => fill === 'green');
    await runtime.statusIs('south-client', ({ fill }) => fill === 'green');
    runtime.send('agg', { topic: 'step' });
    await runtime.next('told', isFinal);
    assert.equal(runtime.received('metrics').length, 1);
    runtime.send('agg', { topic: 'start' });
    await runtime.next('metrics', (msg) => Number(payload(msg).round) >= 3);
    runtime.send('agg', { topic: 'pause' });
    await runtime.statusIs('agg', ({ fill }) => fill === 'yellow');
    runtime.send('agg', { topic: 'reset' });
    runtime.send('agg', { topic: 'dance' });
    const { error } = await runtime.next('caught');
    assert.match((error as { message: string }).message, /./);
  });

  it('takes clients that a subflow makes, and settings from the environment', async () => {
    const place = { x: 10, y: 10 };
    const flow = pumpFlow({
      dataset: { file: `${pumps.folder}/pumps.csv` },
      aggregator: { rounds: '$(FL_TEST_ROUNDS)' },
    });
    const north = flow.find(({ id }) => id === 'north-client') as FlowItem;
    const port = { x: 0, y: 0 };
    const subflow: FlowItem = {
      id: 'sf',
      type: 'subflow',
      name: 'plant',
      in: [{ ...port, wires: [{ id: 'inner' }] }],
      out: [{ ...port, wires: [{ id: 'inner', port: 0 }] }],
      env: [{ name: 'PLANT', type: 'str', value: 'nobody' }],
    };
    const inner: FlowItem = { ...north, ...place, id: 'inner', z: 'sf', name: '', client: '$(PLANT)', wires: [[], []] };
    const instance: FlowItem = {
      ...place,
      id: 'north-client',
      type: 'subflow:sf',
      z: 't',
      env: [{ name: 'PLANT', type: 'str', value: 'from the subflow' }],
      wires: [['agg']],
    };
    process.env.FL_TEST_ROUNDS = '2';
    try {
      const rest = flow.filter((item) => item !== north);
      runtime = await startRuntime(palette, [subflow, inner, ...rest, instance]);
      const model = await runtime.next('told', (msg) => header(msg).kind === 'model');
      assert.deepEqual(header(model).cohort, ['from the subflow', 'south']);
      assert.equal(header(await runtime.next('told', isFinal)).round, 3);
    } finally {
      delete process.env.FL_TEST_ROUNDS;
    }
  });

  it('goes on after a restart from where it stood', async () => {
    await run({ dataset: { file: `${pumps.folder}/pumps.csv` }, aggregator: { rounds: '3' } });
    const before = await runtime.next('told', isFinal);
    const changes: Changes = { dataset: { file: `${pumps.folder}/pumps.csv` }, aggregator: { rounds: '3' } };
    const again = await startRuntimeAgain(changes);
    const after = await again.next('told', isFinal);
    assert.equal(header(after).round, header(before).round);
    assert.ok((after.payload as Buffer).equals(before.payload as Buffer));
  });

  /** The same user directory, as after a restart of Node-RED. */
  async function startRuntimeAgain(changes: Changes): Promise<Runtime> {
    const { userDir } = runtime;
    await runtime.stop();
    runtime = await startRuntime(palette, pumpFlow(changes), userDir);
    return runtime;
  }
});
