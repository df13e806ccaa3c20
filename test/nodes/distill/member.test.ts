import assert from 'node:assert/strict';
import { publicRows } from '../../../lib/distillation';
import { pumpFolder, pumpRows } from '../federation/factory';
import { type FlowItem, type Received, type Runtime, startRuntime } from '../runtime';
import { isEvent, memberFlow, nodes, payload, sentence } from './flows';

/** Those that the drawing calls public, read again. */
function itsPublicRows() {
  const rows = pumpRows()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').slice(1, 3).map(Number))
    .filter(([, noise]) => noise >= 1);
  const features = Float32Array.from(rows.flat());
  return publicRows({ features, targets: new Float32Array(0), count: rows.length }, 2);
}
const { count, digest } = itsPublicRows();
const agreed = { publicRows: String(count), digest };

describe('fl-distill, members with networks of their own', function () {
  this.timeout(60_000);
  let pumps: ReturnType<typeof pumpFolder>;
  let runtime: Runtime;
  const run = async (flow: FlowItem[], userDir = pumps.folder): Promise<void> => {
    runtime = await startRuntime(nodes, flow, userDir);
  };
  const ended = (): Promise<Received> => runtime.next('metrics', (msg) => payload(msg).round === 3, 40_000);
  beforeEach(() => {
    pumps = pumpFolder();
  });
  afterEach(async () => {
    await runtime.close();
    pumps.remove();
  });

  it('three unlike networks are one federation, and a student learns what all say', async () => {
    await run(memberFlow({ consensus: agreed }));
    await ended();
    assert.deepEqual(runtime.received('caught').map(sentence), []);
    const updates = runtime.received('sent').filter(({ fl }) => fl?.kind === 'update');
    assert.equal(updates.length, 9);
    // Predictions travel, not weights: as many numbers whatever the network.
    for (const { payload: bytes } of updates) assert.equal((bytes as Buffer).length, 4 * count * 2);
    for (const name of ['north', 'south', 'east']) {
      const { rows, digest: told } = payload(runtime.received('events').find(isEvent('public-rows')) ?? {});
      assert.deepEqual([rows, told], [count, digest]);
      const own = runtime.received('own').filter(({ fl }) => fl?.personal === name);
      assert.ok(own.length >= 3, `${own.length} models of ${name}`);
    }
    const taught = await runtime.next('events', (msg) => isEvent('taught')(msg) && payload(msg).round === 3, 20_000);
    assert.ok(Number(payload(taught).agreement) > 0.9, JSON.stringify(taught));
    const { f1 } = payload(await runtime.next('figures', (msg) => payload(msg).round === 3, 20_000));
    assert.ok(Number(f1) > 0.85, `F1 ${f1}`);
  });
});
