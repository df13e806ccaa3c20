/** fl-dp-noise between real clients and a real aggregator. */
import assert from 'node:assert/strict';
import type { ModelHeader } from '../../../lib/update/message';
import { palette, pumpFlow, pumpFolder } from '../federation/factory';
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

  it('adaptive clipping: C follows the norms, is told with each model, and goes on after a restart', async function () {
    this.timeout(60_000);
    runtime = await startRuntime([...palette, 'dp-noise'], flowOf(adaptive, { pause: '0.1' }));
    const { userDir } = runtime;
    await runtime.next('metrics', (msg) => payload(msg).round === 6, 20_000);
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
    await runtime.next('told', (msg) => isFinal(msg) && header(msg).round === 13, 20_000);
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
});
