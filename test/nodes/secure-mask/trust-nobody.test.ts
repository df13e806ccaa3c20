/** Example 19 with clients that believe nobody: their sums are signed, and each adds its part of the noise. */
import assert from 'node:assert/strict';
import { generateKeys } from '../../../lib/update/wire';
import { exampleItems } from '../example';
import { type Runtime, startRuntime } from '../runtime';

interface Told {
  round: number;
  void?: string;
  secure: { masked: number; dropped: number };
  privacy?: { mode: string; epsilon: number; clients: number };
}

describe('fl-dp-noise and fl-secure-mask together', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('learn from signed sums with noise in parts, also of rounds in which a machine breaks off', async () => {
    const items = exampleItems('19');
    const clients = items.filter(({ type }) => type === 'fl-client');
    const pairs = new Map(clients.map(({ client }) => [String(client), generateKeys()]));
    const trusted = [...pairs].map(([client, { publicKey }]) => ({ client, key: publicKey }));
    const credentials: Record<string, { privateKey: string }> = {};
    const noise = clients.map((client, i) => {
      const [[mask]] = client.wires as string[][];
      const key = pairs.get(String(client.client));
      Object.assign(items.find(({ id }) => id === mask) ?? {}, { sign: true, signAs: client.client, trusted });
      credentials[mask] = { privateKey: key?.privateKey ?? '' };
      client.wires = [[`noise-${i}`], ...(client.wires as string[][]).slice(1)];
      const way = {
        mode: 'distributed',
        clients: '4',
        clippingNorm: '1',
        noise: 'multiplier',
        noiseMultiplier: '0.05',
      };
      const rest = { budgetType: 'none', statistics: 'pass', z: client.z, wires: [[mask], []] };
      return { id: `noise-${i}`, type: 'fl-dp-noise', ...way, ...rest };
    });
    Object.assign(items.find(({ type }) => type === 'fl-aggregator') ?? {}, { secureSigned: true, rounds: '4' });
    const own = ['core/common/20-inject', 'core/common/60-link', 'core/common/90-comment', 'core/function/10-function'];
    const types = ['model', 'client', 'secure-mask', 'dp-noise', 'aggregator', 'evaluate'];
    runtime = await startRuntime([...own, ...types], [...items, ...noise], undefined, credentials);
    await runtime.next('rounds', (msg) => (msg.payload as unknown as Told).round === 4);
    for (const { payload } of runtime.received('rounds')) {
      const { round, void: reason, secure, privacy } = payload as unknown as Told;
      const out = round % 4 === 0 ? 1 : 0;
      assert.deepEqual([reason, secure], [undefined, { masked: 5 - out, dropped: out }], `round ${round}`);
      assert.deepEqual([privacy?.mode, privacy?.clients], ['distributed', 4]);
      assert.ok(privacy && privacy.epsilon > 0);
    }
  });
});
