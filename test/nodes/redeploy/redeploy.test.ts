/** Deploys in the middle of everything, again and again: it closes soon, and nothing is left behind. */
import assert from 'node:assert/strict';
import { modelMessage, update, wave } from '../messages';
import { noMoreThan, resources } from '../resources';
import { closeLimit, type FlowItem, type Runtime, startRuntime } from '../runtime';
import { modelNode, weightsMessage } from '../small-model';

const NODES = [
  'model',
  'evaluate',
  'predict',
  'quantize',
  'dp-noise',
  'krum-filter',
  'wire',
  'export',
  'serial-device',
];
const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

const flow = (name: string): FlowItem[] => [
  { id: 'f', type: 'tab' },
  modelNode(),
  { id: 'e', type: 'fl-evaluate', z: 'f', name, model: 'm', wires: [['out']] },
  { id: 'p', type: 'fl-predict', z: 'f', name, model: 'm', wires: [['out']] },
  { id: 'x', type: 'fl-export', z: 'f', name, model: 'm', every: '1', samples: '2', wires: [['out'], ['out']] },
  { id: 'n', type: 'fl-dp-noise', z: 'f', name, budgetType: 'none', wires: [['q'], []] },
  { id: 'q', type: 'fl-quantize', z: 'f', name, wires: [['k']] },
  { id: 'k', type: 'fl-krum-filter', z: 'f', name, wires: [['w'], []] },
  { id: 'w', type: 'fl-wire', z: 'f', name, wires: [['out']] },
  {
    id: 'b',
    type: 'fl-serial-device',
    z: 'f',
    name,
    model: 'm',
    federation: 'factory',
    minSamples: '1',
    wires: [['out'], ['out'], ['out']],
  },
  { id: 'out', type: 'sink', z: 'f' },
];

describe('a redeploy in the middle', () => {
  let runtime: Runtime;

  it('closes every node long before Node-RED gives up on it, and leaves no timer, worker or handle', async () => {
    const before = resources();
    runtime = await startRuntime(NODES, flow('first'));
    let slowest = 0;
    for (let round = 1; round <= 40; round++) {
      runtime.send('b', { payload: [round, 0], label: 'yes' });
      for (const to of ['e', 'x']) {
        runtime.send(to, {
          payload: [
            [9, 0],
            [1, 0],
          ],
          label: ['yes', 'no'],
        });
      }
      for (const to of ['e', 'p', 'x', 'b']) runtime.send(to, await weightsMessage([0, round, 0, 0, 0, -5], { round }));
      runtime.send('p', { payload: [1, 2] });
      for (const client of ['a', 'b', 'c', 'd', 'e']) {
        // The last one is missing in every other round: the filter still holds when the flow ends.
        if (client !== 'e' || round % 2 === 0)
          runtime.send('n', update(wave(), { client, round, attempt: `${round}` }));
      }
      runtime.send('w', modelMessage(wave()));
      if (round % 3 === 0) await wait(20);
      const started = performance.now();
      await runtime.deploy(flow(`deploy ${round}`));
      slowest = Math.max(slowest, performance.now() - started);
    }
    assert.ok(slowest < closeLimit, `${slowest} ms`);
    await runtime.close();
    // Workers and kernels linger for two seconds, in case the flow comes back. The timer is the one that waits for them.
    await noMoreThan((kind) => (before[kind] ?? 0) + (kind === 'Timeout' ? 1 : 0));
  });

  it('lets no update by un-noised when it comes during a deploy', async () => {
    runtime = await startRuntime(NODES, [
      ...flow('first'),
      { id: 'n2', type: 'fl-dp-noise', z: 'f', budgetType: 'none', wires: [['seen'], []] },
      { id: 'seen', type: 'sink', z: 'f' },
    ]);
    const size = 60_000;
    for (let round = 1; round <= 10; round++) {
      runtime.send(
        'n2',
        update(new Float32Array(size).fill(0.001), { round, tensors: [[size, 1]], client: `c${round}` }),
      );
      await runtime.deploy([
        ...flow(`deploy ${round}`),
        { id: 'n2', type: 'fl-dp-noise', z: 'f', name: `${round}`, budgetType: 'none', wires: [['seen'], []] },
        { id: 'seen', type: 'sink', z: 'f' },
      ]);
    }
    await wait(300);
    for (const { payload } of runtime.received('seen')) {
      const first = (payload as Buffer).readFloatLE(0);
      assert.ok(Math.abs(first - 0.001) > 1e-6);
    }
    await runtime.close();
  });
});
