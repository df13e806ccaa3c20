import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createStore } from '../../../lib/state/store';
import { modelMessage, update, wave } from '../messages';
import { type FlowItem, type Runtime, startRuntime } from '../runtime';
import { modelNode, readSmall } from '../small-model';

/** 4 to 3 to 2, as the messages are of. */
const network = modelNode({
  inputShape: '4',
  features: '',
  layers: [{ type: 'dense', units: 3, activation: 'relu', useBias: true, initializer: 'glorot_uniform' }],
  outputs: '2',
});

const filters: FlowItem[] = [
  { id: 'gone', type: 'fl-sparsify', z: 'f', wires: [['out']] },
  { id: 'stays', type: 'fl-sparsify', z: 'f', wires: [['out']] },
  { id: 'nearest', type: 'fl-quantize', z: 'f', method: 'grid', feedback: 'residual', wires: [['out']] },
  { id: 'rising', type: 'fl-quantize', z: 'f', method: 'qsgd', levelsBy: 'loss', wires: [['out']] },
  { id: 'prune', type: 'fl-prune', z: 'f', model: 'm', begin: '1', end: '1', wires: [['out'], []] },
];
const base: FlowItem[] = [{ id: 'f', type: 'tab' }, network, { id: 'out', type: 'sink', z: 'f' }];
const flow = (changes: Record<string, Record<string, unknown>> = {}): FlowItem[] =>
  [...base, ...filters].map((item) => ({ ...item, ...changes[item.id] }));
const without = (...ids: string[]): FlowItem[] => flow().filter(({ id }) => !ids.includes(id));

describe('the files of a node', () => {
  let runtime: Runtime;
  let userDir = '';
  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), 'fl-deleted-'));
  });
  afterEach(async () => {
    await runtime.close();
    rmSync(userDir, { recursive: true, force: true });
  });

  /** To which nodes the records on the disk belong, each as often as it has one. */
  const kept = async (): Promise<string[]> => {
    const owners: string[] = [];
    for (const folder of ['residuals', 'prune']) {
      await createStore(join(userDir, 'fl-tinyml', folder)).removeAll((name) => {
        const parts: string[] = JSON.parse(name);
        owners.push(parts[0] === 'mask' ? parts[1] : parts[0]);
        return false;
      });
    }
    return owners.sort();
  };
  /** A deploy does not wait for a slow disk. */
  const keeps = async (wanted: readonly string[]): Promise<void> => {
    for (let left = 300; left > 0 && (await kept()).join() !== wanted.join(); left--) await sleep(100);
    assert.deepEqual(await kept(), wanted);
  };
  const sendAll = async (ids: readonly string[]): Promise<void> => {
    const { fingerprint } = await readSmall(network);
    const model = modelMessage(wave(), { model: fingerprint });
    for (const client of ['plant-1', 'plant-2']) {
      for (const id of ids) {
        const before = runtime.received('out').length;
        const metrics = { loss: 0.5 };
        runtime.send(id, id === 'prune' ? model : update(wave(), { client, metrics, model: fingerprint }));
        await runtime.next('out', () => runtime.received('out').length > before);
      }
    }
  };
  const all = ['gone', 'gone', 'nearest', 'nearest', 'prune', 'rising', 'rising', 'stays', 'stays'];
  const NODES = ['model', 'sparsify', 'quantize', 'prune'];

  it('stay over deploys, restarts and while the node is disabled; those of a deleted node go', async () => {
    runtime = await startRuntime(NODES, flow(), userDir);
    await sendAll(filters.map(({ id }) => id));
    await keeps(all);
    await runtime.stop();
    runtime = await startRuntime(NODES, flow(), userDir);
    await runtime.deploy(flow({ gone: { name: 'changed' }, prune: { name: 'changed' } }), 'nodes');
    await runtime.deploy(flow({ gone: { z: 'g' } }).concat({ id: 'g', type: 'tab' }), 'full');
    await runtime.deploy(flow({ gone: { d: true }, nearest: { d: true }, prune: { d: true } }), 'nodes');
    await runtime.deploy(flow({ f: { disabled: true } }), 'full');
    await keeps(all);
    await runtime.deploy(flow(), 'full');
    await keeps(all);
    await runtime.deploy(without('gone', 'prune'), 'nodes');
    await keeps(['nearest', 'nearest', 'rising', 'rising', 'stays', 'stays']);
    await runtime.deploy(without('gone', 'prune', 'nearest', 'rising'), 'full');
    await keeps(['stays', 'stays']);
    await runtime.deploy([], 'full');
    await keeps([]);
  });

  it('go with the place where a subflow was used, or with the subflow', async () => {
    const at = { x: 0, y: 0 };
    const used = (...places: string[]): FlowItem[] => [
      ...base,
      { id: 'sub', type: 'subflow', in: [{ ...at, wires: [{ id: 'inner' }] }], out: [] },
      { ...at, id: 'inner', type: 'fl-sparsify', z: 'sub', wires: [['told']] },
      { ...at, id: 'told', type: 'sink', z: 'sub' },
      ...places.map((id) => ({ ...at, id, type: 'subflow:sub', z: 'f', wires: [] })),
    ];
    runtime = await startRuntime(NODES, used('one', 'two', 'three'), userDir);
    for (const place of ['one', 'two', 'three']) {
      runtime.send(place, update());
      await runtime.next(`${place}-told`);
    }
    await keeps(['one-inner', 'three-inner', 'two-inner']);
    await runtime.deploy([...used('one', 'two', 'three'), { id: 'more', type: 'sink', z: 'f' }], 'full');
    await runtime.stop();
    runtime = await startRuntime(NODES, used('one', 'two', 'three'), userDir);
    await keeps(['one-inner', 'three-inner', 'two-inner']);
    await runtime.deploy(used('one', 'three'), 'full');
    await keeps(['one-inner', 'three-inner']);
    await runtime.deploy(used('three'), 'nodes');
    await keeps(['three-inner']);
    await runtime.deploy(base, 'full');
    await keeps([]);
  });
});
