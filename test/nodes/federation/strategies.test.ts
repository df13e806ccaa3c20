import assert from 'node:assert/strict';
import type { ModelHeader } from '../../../lib/update/message';
import { type Received, type Runtime, startRuntime } from '../runtime';
import { palette, pumpFlow, pumpFolder } from './factory';

const header = (msg: Received): ModelHeader => msg.fl as unknown as ModelHeader;
const isFinal = (msg: Received): boolean =>
  header(msg).kind === 'model' && Array.isArray(header(msg).cohort) && header(msg).cohort.length === 0;
const payload = (msg: Received): Record<string, unknown> => msg.payload as Record<string, unknown>;

describe('strategies in a flow', () => {
  const pumps = pumpFolder();
  after(() => pumps.remove());
  let runtime: Runtime;
  afterEach(() => runtime.close());

  /** Clients keep their rows, as in a real plant, so that a restart in the middle finds them. */
  const flowOf = (aggregator: Record<string, string>) =>
    pumpFlow({
      dataset: { file: `${pumps.folder}/pumps.csv` },
      aggregator: { rounds: '6', ...aggregator },
      north: { persistent: 'true' },
      south: { persistent: 'true' },
    });

  const chosen: [name: string, settings: Record<string, string>][] = [
    ['SCAFFOLD', { strategy: 'scaffold', option: '2' }],
    ['SCAFFOLD of option 1', { strategy: 'scaffold', option: '1', serverLearningRate: '0.9' }],
    ['FedDyn', { strategy: 'feddyn', alpha: '0.1' }],
    ['FedYogi with FedProx at the clients', { strategy: 'fedyogi', serverLearningRate: '0.2', proximal: '0.01' }],
    ['FedNova with momentum', { strategy: 'fednova', optimizer: 'momentum', learningRate: '0.02' }],
    ['q-FedAvg', { strategy: 'qfedavg', fairness: '0.5' }],
  ];
  for (const [name, settings] of chosen) {
    it(`${name} learns; stopped in the middle and started again it ends with the same bits`, async () => {
      const flow = flowOf(settings);
      runtime = await startRuntime(palette, flow);
      const end = (await runtime.next('told', isFinal)).payload as Buffer;
      const metrics = runtime.received('metrics').map(payload);
      assert.deepEqual(
        metrics.map(({ round, updates, strategy }) => [round, updates, strategy]),
        [1, 2, 3, 4, 5, 6].map((round) => [round, 2, settings.strategy]),
      );
      const losses = metrics.map(({ loss }) => Number(loss));
      assert.ok(losses[5] < 0.8 * losses[0], `${losses}`);
      assert.deepEqual(runtime.received('caught'), []);
      // Half of what travels are control vectors, both ways.
      const { bytesUp, bytesDown, furtherBytesUp, furtherBytesDown } = metrics[0];
      const half = settings.strategy === 'scaffold';
      assert.deepEqual(
        [furtherBytesUp, furtherBytesDown],
        half ? [Number(bytesUp) / 2, Number(bytesDown) / 2] : [undefined, undefined],
      );
      await runtime.close();

      // Slower, so that it is in the middle when it is stopped.
      runtime = await startRuntime(palette, flowOf({ ...settings, pause: '0.1' }));
      const { userDir } = runtime;
      await runtime.next('metrics', (msg) => payload(msg).round === 3);
      await runtime.stop();
      runtime = await startRuntime(palette, flow, userDir);
      const last = await runtime.next('told', (msg) => isFinal(msg) && header(msg).round === 7);
      assert.ok((last.payload as Buffer).equals(end));
      assert.ok([3, 4, 5].includes(Number(payload(runtime.received('metrics')[0]).round)));
    });
  }

  it('says why a strategy and a training do not go together, and asks nobody', async () => {
    runtime = await startRuntime(palette, flowOf({ strategy: 'scaffold', optimizer: 'adam' }));
    const { error } = await runtime.next('caught');
    assert.match((error as { message: string }).message, /SGD for SCAFFOLD/);
    await runtime.statusIs('agg', ({ text }) => text === 'bad setting');
    assert.deepEqual(runtime.received('told'), []);
  });

  it('evaluates and predicts with the model alone, whatever is behind it', async () => {
    const flow = flowOf({ strategy: 'scaffold', rounds: '2' });
    const aggregator = flow.find(({ id }) => id === 'agg');
    const wires = [['north-client', 'south-client', 'told', 'eval'], ['metrics']];
    const changed = flow.map((item) => {
      if (item === aggregator) return { ...item, wires };
      return item.id === 'data' ? { ...item, wires: [['north-client'], ['south-client'], ['eval']] } : item;
    });
    const evaluation = { id: 'eval', z: 't', type: 'fl-evaluate', model: 'm', federation: 'pumps', wires: [['held']] };
    runtime = await startRuntime([...palette, 'evaluate'], [...changed, evaluation]);
    const measured = await runtime.next('held', (msg) => payload(msg).round === 2);
    assert.ok(Number(payload(measured).accuracy) > 0.5, JSON.stringify(payload(measured)));
    assert.deepEqual(runtime.received('caught'), []);
  });
});
