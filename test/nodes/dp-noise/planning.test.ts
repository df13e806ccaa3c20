/** What becomes of messages while the noise for a wished epsilon is looked for, which with sampling takes long. */
import assert from 'node:assert/strict';
import helper from 'node-red-node-test-helper';
import { pldEpsilon } from '../../../lib/privacy/pld';
import { FINGERPRINT, type UpdateMessage, update, wave } from '../messages';
import { type FlowItem, type Received, type Runtime, startRuntime } from '../runtime';

const plan = {
  ...{ mode: 'central', accountant: 'pld', samplingRate: '0.01', releases: '1000' },
  ...{ noise: 'target', targetEpsilon: '1', budgetType: 'none' },
};
const flow = (settings: Record<string, unknown> = {}): FlowItem[] => [
  { id: 'f', type: 'tab' },
  { id: 'n', type: 'fl-dp-noise', z: 'f', wires: [['out'], ['spent']], ...plan, ...settings },
  { id: 'out', type: 'sink', z: 'f' },
  { id: 'spent', type: 'sink', z: 'f' },
  { id: 'c', type: 'catch', z: 'f', wires: [['caught']] },
  { id: 'caught', type: 'sink', z: 'f' },
];
const joining = {
  payload: Buffer.alloc(0),
  fl: { kind: 'join', federation: 'factory', model: FINGERPRINT, client: 'plant-1', samples: 10 },
};
const kind = (msg: Received): unknown => msg.fl?.kind;
const sentence = (msg: Received): string => (msg as { error?: { message: string } }).error?.message ?? '';
const claimOf = (msg: Received) => (msg as unknown as UpdateMessage).fl.privacy;

describe('fl-dp-noise that looks for the noise', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('holds updates until it has found it, and lets pass what needs none', async () => {
    runtime = await startRuntime(['dp-noise'], flow());
    for (const client of ['a', 'b', 'c']) runtime.send('n', update(wave(), { client }));
    runtime.send('n', joining);
    await runtime.statusIs('n', ({ fill, text }) => fill === 'blue' && text === 'finding the noise');
    await runtime.next('spent', () => runtime.received('spent').length === 3);
    const out = runtime.received('out');
    // It came last.
    assert.deepEqual(out.map(kind), ['join', 'update', 'update', 'update']);
    assert.deepEqual(
      out.slice(1).map(({ fl }) => fl?.client),
      ['a', 'b', 'c'],
    );
    for (const msg of out.slice(1)) {
      const claim = claimOf(msg);
      assert.ok(claim);
      const event = { noiseMultiplier: claim.noiseMultiplier, samplingRate: 0.01, count: 1000 };
      const whole = pldEpsilon([event], 1e-5);
      assert.ok(whole <= 1 && whole > 1 - 1e-4, `${whole}`);
      assert.ok(claim.epsilon > 0 && claim.epsilon < 1);
    }
    await runtime.statusIs('n', ({ fill }) => fill === 'green');
    assert.deepEqual(runtime.received('caught'), []);
  });

  it('that is deployed anew meanwhile lets nothing of the old one out, and charges nothing for it', async () => {
    runtime = await startRuntime(['dp-noise'], flow({ name: 'old' }));
    runtime.send('n', update(wave(), { client: 'old' }));
    await runtime.statusIs('n', ({ text }) => text === 'finding the noise');
    await runtime.deploy(flow({ name: 'new', targetEpsilon: '2' }));
    runtime.send('n', update(wave(), { client: 'new', round: 2 }));
    const spent = await runtime.next('spent', () => true);
    assert.deepEqual(
      runtime.received('out').map(({ fl }) => fl?.client),
      ['new'],
    );
    const claim = claimOf(runtime.received('out')[0]);
    assert.ok(claim);
    const event = { noiseMultiplier: claim.noiseMultiplier, samplingRate: 0.01 };
    const whole = pldEpsilon([{ ...event, count: 1000 }], 1e-5);
    assert.ok(whole <= 2 && whole > 2 - 1e-4, `${whole}`);
    const { epsilon } = spent.payload as { epsilon: number };
    const [one, two] = [1, 2].map((count) => pldEpsilon([{ ...event, count }], 1e-5));
    assert.ok(epsilon <= one && epsilon < two, `${epsilon}: ${one} for one release, ${two} for two`);
    assert.deepEqual(runtime.received('caught'), []);
  });

  it('says so when no noise is enough, and lets nothing through', async () => {
    const never = { accountant: 'rdp', samplingRate: '0.9', delta: '1e-300', targetEpsilon: '0.1' };
    runtime = await startRuntime(['dp-noise'], flow(never));
    runtime.send('n', update());
    await runtime.next('caught', (msg) => /^No noise is enough for epsilon 0\.1/.test(sentence(msg)));
    await runtime.statusIs('n', ({ fill, text }) => fill === 'red' && text === 'check the settings');
    runtime.send('n', update());
    await runtime.next('caught', () => runtime.received('caught').length >= 3);
    assert.deepEqual(runtime.received('out'), []);
    const { body } = await helper
      .request()
      .get('/fl-tinyml/dp-noise/account')
      .query({ ...plan, ...never });
    assert.match(body.error, /^No noise is enough/);
  });

  it('tells the dialogue what a sampled plan costs', async () => {
    runtime = await startRuntime(['dp-noise'], flow());
    const { body } = await helper.request().get('/fl-tinyml/dp-noise/account').query(plan);
    const event = { noiseMultiplier: Number(body.noiseMultiplier), samplingRate: 0.01, count: 1000 };
    // Four digits of the multiplier.
    assert.ok(Math.abs(pldEpsilon([event], 1e-5) - 1) < 2e-3, JSON.stringify(body));
    assert.ok(Number(body.epsilon) <= 1 && Number(body.epsilon) > 0.999, JSON.stringify(body));
  });
});
