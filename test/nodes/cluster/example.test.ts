import assert from 'node:assert/strict';
import { figures, startExample } from '../example';
import type { Runtime } from '../runtime';

describe('the example of fl-cluster', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('09: finds which cameras hang upside down, and has a model for each kind', async () => {
    runtime = await startExample('09');
    const accuracy = async (kind: string, client: string): Promise<number> =>
      figures(await runtime.next(`${kind}, group of ${client}`, (msg) => figures(msg).round === 20)).accuracy;
    const [upright, turned] = [await accuracy('upright', 'client-1'), await accuracy('turned', 'client-6')];
    assert.ok(upright > 0.9, `upright pictures by the model of the upright ${upright}`);
    assert.ok(turned > 0.9, `turned pictures by the model of the turned ${turned}`);
    const groups = runtime.received('who is where').at(-1)?.payload as { clients: string[] }[];
    assert.deepEqual(groups.map(({ clients }) => clients.join(' ')).sort(), [
      'client-1 client-2 client-3',
      'client-4 client-5 client-6',
    ]);
  });
});
