/** Sampling, time and traffic as a person sets them in a drawing. */
import assert from 'node:assert/strict';
import { federationOptions } from '../../../lib/federation';
import type { ModelHeader } from '../../../lib/update/message';
import { aggregatorOptions } from '../../../nodes/aggregator/options';
import { type Received, type Runtime, startRuntime } from '../runtime';
import { type Changes, palette, pumpFlow, pumpFolder } from './factory';

const header = (msg: Received): ModelHeader => msg.fl as unknown as ModelHeader;
const payload = (msg: Received): Record<string, unknown> => msg.payload as Record<string, unknown>;
const isFinal = (msg: Received): boolean => header(msg).kind === 'model' && header(msg).cohort.length === 0;

const options = (settings: Record<string, unknown>) =>
  federationOptions(
    aggregatorOptions({ id: 'x', type: 'fl-aggregator', ...settings } as Parameters<typeof aggregatorOptions>[0], [
      'cold',
      'hot',
    ]),
  );

describe('sampling, time and traffic in a drawing', () => {
  const pumps = pumpFolder();
  after(() => pumps.remove());
  let runtime: Runtime | undefined;
  const run = async (changes: Changes): Promise<Runtime> => {
    runtime = await startRuntime(palette, pumpFlow({ dataset: { file: `${pumps.folder}/pumps.csv` }, ...changes }));
    return runtime;
  };
  afterEach(async () => {
    await runtime?.close();
    runtime = undefined;
  });

  it('the settings of a dialogue are the options of the library', () => {
    assert.deepEqual(options({}).sampler, { name: 'all' });
    assert.deepEqual(options({}).timing, { mode: 'rounds' });
    assert.equal(options({}).sending, undefined);
    const choice = { sampler: 'power-of-choice', sampleCount: '2', candidates: '5', minClients: '6' };
    assert.deepEqual(options(choice).sampler, { name: 'power-of-choice', count: 2, candidates: 5 });
    assert.deepEqual(options({ sampler: 'availability', minBattery: '35', minBytesPerSecond: '600' }).sampler, {
      name: 'availability',
      count: 2,
      minBattery: 35,
      minBytesPerSecond: 600,
    });
    assert.deepEqual(options({ sampler: 'poisson', probability: '0.25', quorum: '1' }).sampler, {
      name: 'poisson',
      probability: 0.25,
    });
    assert.deepEqual(
      options({ sampler: 'weighted', timing: 'late', overSelect: '0.5', staleness: 'hinge', stalenessA: '10' }).timing,
      {
        mode: 'rounds',
        overSelect: 0.5,
        late: { maxStaleness: 5, staleness: { name: 'hinge', a: 10, b: 4 } },
      },
    );
    assert.deepEqual(options({ timing: 'async', method: 'fedasync', mixing: '0.3', staleness: 'constant' }).timing, {
      mode: 'async',
      method: { name: 'fedasync', mixing: 0.3 },
      maxStaleness: 5,
      staleness: { name: 'constant' },
      concurrency: 0,
    });
    assert.deepEqual(options({ sending: 'norm', sendingThreshold: '0.2' }).sending, {
      name: 'norm',
      threshold: 0.2,
      patience: 10,
    });
    assert.deepEqual(options({ sending: 'periodic', sendingEvery: '4' }).sending, { name: 'periodic', every: 4 });
    assert.equal(options({}).schedule, undefined);
    assert.deepEqual(options({ schedule: 'step', scheduleEvery: '5', scheduleFactor: '0.5' }).schedule, {
      name: 'step',
      every: 5,
      factor: 0.5,
    });
    assert.deepEqual(options({ schedule: 'exponential' }).schedule, { name: 'exponential', factor: 0.9 });
    assert.deepEqual(options({ schedule: 'inverse', scheduleDecay: '2' }).schedule, { name: 'inverse', decay: 2 });
  });

  it('what does not go together is refused with the reason', () => {
    const refused: [Record<string, unknown>, RegExp][] = [
      [{ timing: 'async', strategy: 'scaffold' }, /takes the place of the strategy/],
      [{ timing: 'async', sampler: 'random' }, /whoever is free/],
      [{ timing: 'late', strategy: 'scaffold' }, /holds only for the round/],
      [{ timing: 'async', sending: 'norm' }, /Without rounds/],
      [{ sending: 'norm', strategy: 'fednova' }, /counts as no change/],
      [{ sampler: 'power-of-choice', candidates: '1' }, /candidates/],
      [{ timing: 'late', maxStaleness: '-1' }, /maxStaleness/],
    ];
    for (const [settings, reason] of refused) assert.throws(() => options(settings), reason, JSON.stringify(settings));
  });

  it('runs without rounds: each client is asked for itself, and the versions learn', async () => {
    const drawn = await run({
      aggregator: { federation: 'flow', timing: 'async', method: 'fedbuff', bufferSize: '2', rounds: '6' },
      north: { federation: 'flow' },
      south: { federation: 'flow' },
    });
    await drawn.next('told', isFinal);
    const metrics = drawn.received('metrics').map(payload);
    assert.deepEqual(
      metrics.map(({ round, updates, strategy }) => [round, updates, strategy]),
      [1, 2, 3, 4, 5, 6].map((round) => [round, 2, 'fedbuff']),
    );
    assert.ok(Number(metrics[5].loss) < Number(metrics[0].loss));
    assert.deepEqual(drawn.received('caught'), []);
  });

  it('lets the rate fall over the rounds, and tells it', async () => {
    const drawn = await run({
      aggregator: {
        ...{ federation: 'falling', rounds: '3', learningRate: '0.2' },
        ...{ schedule: 'step', scheduleEvery: '1', scheduleFactor: '0.5' },
      },
      north: { federation: 'falling' },
      south: { federation: 'falling' },
    });
    await drawn.next('told', isFinal);
    assert.deepEqual(
      drawn
        .received('metrics')
        .map(payload)
        .map(({ learningRate }) => learningRate),
      [0.2, 0.1, 0.05],
    );
    assert.deepEqual(drawn.received('caught'), []);
  });

  it('holds back what is not worth its bytes, and tells what that saved', async () => {
    const sending = { sending: 'norm', sendingThreshold: '100', sendingPatience: '2', rounds: '3' };
    const drawn = await run({
      aggregator: { federation: 'thrift', ...sending },
      north: { federation: 'thrift' },
      south: { federation: 'thrift' },
    });
    await drawn.next('told', isFinal);
    const metrics = drawn.received('metrics').map(payload);
    assert.deepEqual(
      metrics.map(({ updates, withheld = 0 }) => [updates, withheld]),
      [
        [0, 2],
        [0, 2],
        [2, 0],
      ],
    );
    assert.ok(Number(metrics[0].bytesSaved) > 0);
    const declined = drawn.received('events').map(payload);
    assert.ok(declined.some(({ event, reason }) => event === 'declined' && /Not worth sending/.test(String(reason))));
    assert.deepEqual(drawn.received('caught'), []);
  });

  it('a client tells what it has: one with an empty battery is not asked until it is charged', async () => {
    const drawn = await run({
      aggregator: {
        federation: 'charge',
        sampler: 'availability',
        sampleCount: '2',
        minBattery: '50',
        start: 'message',
        rounds: '1',
      },
      north: { federation: 'charge' },
      south: { federation: 'charge' },
    });
    await drawn.statusIs('north-client', ({ fill }) => fill === 'green');
    await drawn.statusIs('south-client', ({ fill }) => fill === 'green');
    drawn.send('north-client', { topic: 'facts', payload: { battery: 'full' } });
    const { error } = await drawn.next('caught');
    assert.match((error as { message: string }).message, /msg\.payload\.battery must be a finite number from 0 to 100/);
    drawn.send('north-client', { topic: 'facts', payload: { battery: 20, link: 'lora' } });
    drawn.send('agg', { topic: 'start' });
    await drawn.statusIs('agg', ({ text }) => text === '2/2 clients');
    drawn.send('north-client', { topic: 'facts', payload: { battery: 20, charging: true } });
    await drawn.next('told', isFinal);
    assert.deepEqual(payload(drawn.received('metrics')[0]).updates, 2);
  });
});
