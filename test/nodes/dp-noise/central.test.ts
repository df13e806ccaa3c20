/** fl-dp-noise between real clients and a real aggregator. */
import assert from 'node:assert/strict';
import { gaussianEpsilon } from '../../../lib/privacy/gaussian';
import type { ModelHeader } from '../../../lib/update/message';
import { parseMessage } from '../../../lib/update/validate';
import { palette, pumpFlow, pumpFolder } from '../federation/factory';
import { numbersOf, SIZE, update, wave } from '../messages';
import { mutated } from '../mutate';
import { type Received, type Runtime, startRuntime } from '../runtime';

const header = (msg: Received): ModelHeader => msg.fl as unknown as ModelHeader;
const payload = (msg: Received): Record<string, unknown> => msg.payload as Record<string, unknown>;
const clippingOf = (msg: Received) => payload(msg).clipping as { share: number; next: number };
const isFinal = (msg: Received): boolean => header(msg).kind === 'model' && header(msg).cohort.length === 0;

describe('central privacy in a flow', () => {
  const pumps = pumpFolder();
  after(() => pumps.remove());
  let runtime: Runtime;
  afterEach(() => runtime.close());

  const flowOf = (noise: Record<string, string>, aggregator: Record<string, string> = {}) =>
    pumpFlow({
      dataset: { file: `${pumps.folder}/pumps.csv` },
      aggregator: { rounds: '12', ...aggregator },
      north: { persistent: 'true', wires: [['dp'], ['events']] },
      south: { persistent: 'true', wires: [['dp'], ['events']] },
      more: [
        {
          ...{ id: 'dp', z: 't', type: 'fl-dp-noise', mode: 'central', budgetType: 'none', statistics: 'pass' },
          ...{ noise: 'multiplier', noiseMultiplier: '0.01', wires: [['agg'], ['held']] },
          ...noise,
        },
      ],
    });
  const adaptive = { clipping: 'adaptive', clippingNorm: '0.001', rate: '2' };

  it('adaptive clipping: C follows the norms, is told with each model, and goes on after a restart', async () => {
    runtime = await startRuntime([...palette, 'dp-noise'], flowOf(adaptive, { pause: '0.1' }));
    const { userDir } = runtime;
    await runtime.next('metrics', (msg) => payload(msg).round === 6);
    await runtime.stop();
    const before = runtime.received('metrics').filter((msg) => payload(msg).clipping);
    const models = runtime
      .received('told')
      .map(header)
      .filter(({ kind }) => kind === 'model');
    assert.equal(models.find(({ round }) => round === 1)?.central, undefined);
    for (const msg of before) {
      const { round } = payload(msg);
      const next = models.find((model) => model.round === Number(round) + 1 && model.cohort.length > 0);
      if (next) assert.deepEqual(next.central, { clippingNorm: clippingOf(msg).next });
      assert.equal((payload(msg).privacy as { within?: boolean }).within, undefined);
    }
    // From 0.001 up by about e a round, while both norms are above.
    const reached = clippingOf(before[5]).next;
    assert.ok(reached > 0.1, `${reached}`);
    runtime = await startRuntime([...palette, 'dp-noise'], flowOf(adaptive), userDir);
    await runtime.next('told', (msg) => isFinal(msg) && header(msg).round === 13);
    const first = runtime
      .received('told')
      .map(header)
      .find(({ kind, cohort }) => kind === 'model' && cohort.length > 0);
    const last = before.at(-1);
    assert.ok(first?.central?.clippingNorm && last);
    // The round under way at the stop may have been written.
    assert.ok(first.round > 6 && first.central.clippingNorm > 0.1, JSON.stringify(first.central));
    if (first.round === Number(payload(last).round) + 1) {
      assert.equal(first.central.clippingNorm, clippingOf(last).next);
    }
    const { loss, clipping } = payload(runtime.received('metrics').at(-1) as Received) as {
      loss: number;
      clipping: { next: number };
    };
    assert.ok(loss < 0.6, `${loss}`);
    assert.ok(clipping.next > 0.01 && clipping.next < 100, `${clipping.next}`);
    assert.deepEqual(runtime.received('caught'), []);
    const held = runtime.received('held').filter(({ topic }) => topic === 'fl/privacy');
    assert.ok(held.length >= 12);
  });

  it('noise of a tree: goes on after a restart, is paid by each client for its own rounds, and ends with its budget', async () => {
    // Seven rounds in three levels. Rounds 1, 2, 3 and so on cost 3, 2 + 4 + 4, 3 + 5 + 9, 4 + 8 + 16, 5 + 9 + 17 ...
    const tree = { mechanism: 'tree', releases: '7', noiseMultiplier: '2', clippingNorm: '0.5' };
    runtime = await startRuntime([...palette, 'dp-noise'], flowOf(tree, { rounds: '9', pause: '0.1' }));
    const { userDir } = runtime;
    await runtime.next('metrics', (msg) => payload(msg).round === 3);
    await runtime.stop();
    const leavesOf = () =>
      runtime
        .received('metrics')
        .filter((msg) => payload(msg).tree)
        .map((msg) => {
          const { begun, leaf, nodes } = payload(msg).tree as Record<string, number>;
          assert.equal(nodes, [...leaf.toString(2)].filter((digit) => digit === '1').length);
          return [begun, leaf];
        });
    const before = leavesOf();
    assert.deepEqual(
      before,
      before.map((_, i) => [1, i + 1]),
    );
    const told = runtime
      .received('told')
      .map(header)
      .filter(({ kind, round, cohort }) => kind === 'model' && round === 3 && cohort.length > 0);
    assert.deepEqual(told[0].central, { tree: { begun: 1, levels: 3, clippingNorm: 0.5, noiseMultiplier: 2 } });
    assert.doesNotMatch(JSON.stringify(runtime.received('told')), /seed":"/);
    const spentBy = (client: string) =>
      runtime
        .received('held')
        .filter((msg) => msg.topic === 'fl/privacy' && payload(msg).client === client)
        .map((msg) => Number(payload(msg).epsilon));
    for (const client of ['north', 'south']) {
      for (const [i, sensitivity] of [3, 10, 17].entries()) {
        const expected = gaussianEpsilon(Math.sqrt(sensitivity) / 2, 1e-5);
        assert.ok(Math.abs(spentBy(client)[i] - expected) < 1e-6, `${spentBy(client)}`);
      }
    }
    runtime = await startRuntime([...palette, 'dp-noise'], flowOf(tree, { rounds: '9' }), userDir);
    await runtime.next('told', (msg) => isFinal(msg) && header(msg).round === 10);
    const after = leavesOf();
    // A new tree begins when the first is full.
    assert.deepEqual(
      after,
      [1, 2, 3, 4, 5, 6, 7, 8, 9].slice(-after.length).map((round) => (round <= 7 ? [1, round] : [8, round - 7])),
    );
    assert.ok(after.length <= 6 && after.length >= 4, `${after}`);
    assert.deepEqual(runtime.received('caught'), []);
    const spent = spentBy('north').at(-1) ?? 0;
    await runtime.stop();
    const poor = { ...tree, budgetType: 'num', budget: `${spent + 0.01}` };
    runtime = await startRuntime([...palette, 'dp-noise'], flowOf(poor, { rounds: '12', deadline: '1' }), userDir);
    const { error } = await runtime.next('caught');
    assert.match((error as { message: string }).message, /budget is used up/);
    assert.deepEqual(spentBy('north'), []);
  });

  it('lets nothing out that is longer than the norm it claims, whatever is thrown at it', async () => {
    const sinks = ['out', 'spent', 'caught'].map((id) => ({ id, z: 'f', type: 'sink', wires: [] }));
    for (const settings of [
      { clipping: 'adaptive', clippingNorm: '0.5' },
      { mechanism: 'tree', releases: '100', clippingNorm: '0.5' },
    ]) {
      runtime = await startRuntime(
        ['dp-noise'],
        [
          { id: 'f', type: 'tab' },
          {
            ...{ id: 'n', type: 'fl-dp-noise', z: 'f', mode: 'central', noise: 'multiplier', noiseMultiplier: '1' },
            ...{ budgetType: 'none', wires: [['out'], ['spent']], ...settings },
          },
          ...sinks,
          { id: 'c', z: 'f', type: 'catch', scope: null, uncaught: false, wires: [['caught']] },
        ],
      );
      const tree = { begun: 1, levels: 7, clippingNorm: 0.5, noiseMultiplier: 1 };
      const good = [
        update(wave(SIZE, 3), { round: 4, central: { clippingNorm: 0.25, tree } }),
        update(wave(SIZE, 0.01), { round: 4, client: 'b', central: { tree } }),
        update(wave(), { round: 2, client: 'c', central: {} }),
      ];
      for (const msg of mutated(good, 800, 5)) runtime.send('n', msg);
      runtime.send('n', update(wave(), { round: 77 }));
      await runtime.next('out', ({ fl }) => fl?.round === 77);
      let released = 0;
      for (const msg of runtime.received('out')) {
        // What passes is a message of another kind, or may be read by any aggregator.
        if (msg.fl?.kind !== 'update') continue;
        const { fl, payload } = parseMessage(msg);
        assert.ok(fl.kind === 'update' && fl.privacy?.mode === 'central');
        const { clippingNorm, adaptive, within, tree: claimed } = fl.privacy;
        const length = Math.sqrt(numbersOf(payload).reduce((sum, value) => sum + value * value, 0));
        assert.ok(length <= clippingNorm, `${length} above ${clippingNorm}`);
        assert.equal(fl.central, undefined);
        assert.equal(adaptive !== undefined, settings.clipping === 'adaptive');
        assert.equal(claimed !== undefined, settings.mechanism === 'tree');
        if (claimed) assert.ok(clippingNorm === 0.5 && claimed.begun <= fl.round && claimed.levels === 7);
        else assert.equal(typeof within, 'boolean');
        released++;
      }
      assert.ok(released > 10, `${released}`);
      await runtime.close();
    }
  });
});
