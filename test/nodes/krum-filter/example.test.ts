import assert from 'node:assert/strict';
import { figures, lastAccuracy, startExample } from '../example';
import type { Runtime } from '../runtime';

describe('the example of fl-krum-filter', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('11: throws the liar out of every round, and learns', async () => {
    runtime = await startExample('11');
    await runtime.next('how good', (msg) => figures(msg).round === 15);
    const thrown = runtime
      .received('thrown out')
      .map(({ fl, reason }) => ({ ...fl, reason }) as Record<string, unknown>);
    const liars = thrown.filter(({ client }) => client === 'machine-7');
    assert.deepEqual(
      liars.map(({ round }) => round),
      Array.from({ length: 15 }, (_, i) => i + 1),
    );
    assert.ok(liars.every(({ reason }) => /^Rank 7 of 7/.test(String(reason))));
    assert.equal(thrown.length, 3 * 15);
    assert.ok(lastAccuracy(runtime) > 0.9, `${lastAccuracy(runtime)}`);
  });
});
