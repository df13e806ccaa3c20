import assert from 'node:assert/strict';
import helper from 'node-red-node-test-helper';
import type { Quarantined } from '../../../nodes/aggregator/quarantine';
import { type Received, type Runtime, startRuntime } from '../runtime';
import { palette, pumpFlow, pumpFolder } from './factory';

const payload = (msg: Received): Record<string, unknown> => msg.payload as Record<string, unknown>;
const isFinal = (msg: Received): boolean => {
  const { kind, cohort } = msg.fl as unknown as { kind: string; cohort: unknown };
  return kind === 'model' && Array.isArray(cohort) && cohort.length === 0;
};

describe('robust aggregation in a flow', () => {
  const pumps = pumpFolder();
  after(() => pumps.remove());
  let runtime: Runtime;
  afterEach(() => runtime.close());

  const flowOf = (aggregator: Record<string, string>, dataset: Record<string, unknown> = {}) =>
    pumpFlow({ dataset: { file: `${pumps.folder}/pumps.csv`, ...dataset }, aggregator });

  const rules: Record<string, string>[] = [
    { rule: 'median', ruleF: '0' },
    { rule: 'geometric-median', ruleWeights: 'samples', ruleIterations: '' },
    { rule: 'norm-bound', ruleBound: '', ruleAbove: 'clip' },
    { rule: 'centered-clip', ruleBound: '1' },
  ];
  for (const settings of rules) {
    it(`${settings.rule} learns, and says so in the metrics`, async () => {
      runtime = await startRuntime(palette, flowOf(settings));
      await runtime.next('told', isFinal);
      const metrics = runtime.received('metrics').map(payload);
      assert.deepEqual(
        metrics.map(({ rule, rejected, updates }) => [rule, rejected, updates]),
        metrics.map(() => [settings.rule, [], 2]),
      );
      assert.equal(metrics.length, 5);
      assert.ok(Number(metrics[4].loss) < Number(metrics[0].loss));
      assert.deepEqual(runtime.received('caught'), []);
    });
  }

  /** With a third client on the rows of north. */
  function withThird(flow: ReturnType<typeof flowOf>, client: string, to: string): void {
    const north = flow.find(({ id }) => id === 'north-client');
    for (const item of flow) {
      const wires = item.wires as string[][] | undefined;
      item.wires = wires?.map((wire) => (wire.includes('north-client') ? [...wire, 'third-client'] : wire));
    }
    flow.push({ ...north, id: 'third-client', client, wires: [[to], []] } as (typeof flow)[number]);
  }

  it('FoolsGold trusts the one who is like nobody, and not two who say the same, and needs three to tell', async () => {
    const settings = { rule: 'foolsgold', minClients: '3', quorum: '3' };
    const flow = flowOf(settings);
    withThird(flow, 'north again', 'agg');
    runtime = await startRuntime(palette, flow);
    await runtime.next('told', isFinal);
    const metrics = runtime.received('metrics').map(payload);
    assert.equal(metrics.length, 5);
    for (const { rule, rejected } of metrics) {
      assert.equal(rule, 'foolsgold');
      const out = rejected as { client: string; reason: string; score: number }[];
      assert.deepEqual(
        out.map(({ client }) => client),
        ['north', 'north again'],
      );
      assert.ok(out.every(({ reason, score }) => /too much like that of another/.test(reason) && score === 0));
    }
    assert.deepEqual(runtime.received('caught'), []);
  });

  it('FLTrust trains on samples that are wired to the aggregator, and waits for them', async () => {
    const flow = flowOf({ rule: 'fltrust', pause: '0.2' });
    const data = flow.find(({ id }) => id === 'data');
    const root = { ...data, id: 'root', split: 'single', holdOut: 'none', wires: [['agg']] } as (typeof flow)[number];
    runtime = await startRuntime(palette, [...flow, root]);
    await runtime.next('told', isFinal);
    const metrics = runtime
      .received('metrics')
      .map(payload)
      .filter((one) => one.void === undefined);
    assert.equal(metrics.length, 5);
    assert.ok(metrics.every(({ rule }) => rule === 'fltrust'));
    await runtime.close();
    runtime = await startRuntime(palette, flowOf({ rule: 'fltrust' }));
    const first = payload(await runtime.next('metrics'));
    assert.match(String(first.void), /FLTrust needs samples at the aggregator/);
  });

  it('refuses before anything starts what does not go together', async () => {
    for (const [settings, reason] of [
      [{ rule: 'krum', ruleF: '1' }, /Raise the quorum \(2\) to 5/],
      [{ rule: 'foolsgold' }, /Raise the quorum \(2\) to 3/],
      [{ rule: 'foolsgold', ruleKappa: '0' }, /ruleKappa/],
      [{ rule: 'median', ruleF: '0', strategy: 'scaffold' }, /part what the clients/],
      [{ rule: 'median', ruleF: 'many' }, /ruleF/],
    ] as [Record<string, string>, RegExp][]) {
      runtime = await startRuntime(palette, flowOf(settings));
      const caught = (await runtime.next('caught')) as unknown as { error: { message: string } };
      assert.match(caught.error.message, reason);
      await runtime.close();
    }
    runtime = await startRuntime(palette, flowOf({}));
  });

  it('takes the command that lets a client back', async () => {
    runtime = await startRuntime(palette, flowOf({ quarantine: 'on', quarantineRounds: '100' }));
    await runtime.next('told', isFinal);
    runtime.send('agg', { topic: 'release', payload: 'north' });
    const caught = (await runtime.next('caught')) as unknown as { error: { message: string } };
    assert.match(caught.error.message, /"north" is not in quarantine/);
  });

  it('lists who is in quarantine and why, and lets it back by the route of the dialogue', async () => {
    const flow = flowOf({
      ...{ minClients: '2', quorum: '2', rounds: '0', pause: '0.05' },
      ...{ rule: 'norm-bound', ruleAbove: 'zero', ruleBound: '100' },
      ...{ quarantine: 'on', quarantineRounds: '2' },
    });
    withThird(flow, 'liar', 'turned');
    const turned = {
      ...{ id: 'turned', z: 't', type: 'fl-adversary', attack: 'scaling', gamma: '1e6', gammaType: 'num' },
      ...{ who: 'clients', clients: 'liar', wires: [['agg']] },
    };
    runtime = await startRuntime([...palette, 'adversary'], [...flow, turned] as typeof flow);
    await runtime.next('metrics', (msg) => payload(msg).quarantined !== undefined);
    await runtime.statusIs('agg', ({ text = '' }) => text.includes('⊘1'));
    const path = '/fl-tinyml/aggregator/agg';
    const { quarantined } = (await helper.request().get(`${path}/quarantine`).expect(200)).body as unknown as {
      quarantined: Quarantined[];
    };
    assert.equal(quarantined.length, 1);
    const [{ client, since, rejections, reason }] = quarantined;
    assert.equal(client, 'liar');
    assert.ok(since >= 1 && rejections >= 1);
    assert.match(reason, /above the bound/);

    const release = (body: object) => helper.request().post(`${path}/release`).send(body);
    for (const body of [{}, { client: 'north' }, { client: { toString: 1 } }, { client: ['liar'] }, []]) {
      assert.match((await release(body).expect(400)).body.problem, /not in quarantine/);
    }
    assert.deepEqual((await release({ client: 'liar' }).expect(200)).body, { quarantined: [] });
    assert.match((await helper.request().get('/fl-tinyml/aggregator/nobody/quarantine')).body.problem, /not running/);
  });
});
