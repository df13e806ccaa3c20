import assert from 'node:assert/strict';
import { figures, lastAccuracy, startExample } from '../example';
import type { Runtime } from '../runtime';

interface Line {
  updates: number;
  bytes: number;
  plain: number;
}

describe('the example of fl-sparsify', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('21: learns to read digits from updates of which each fits into a LoRa packet', async () => {
    runtime = await startExample('21');
    await runtime.next('how good', (msg) => figures(msg).round === 12);
    const lines = runtime.received('sent').map(({ payload }) => payload as Line & { last: number });
    assert.ok(lines.length >= 55, `${lines.length}`);
    for (const { last } of lines) assert.ok(last > 0 && last <= 222, `${last}`);
    const { updates, bytes, plain } = lines.at(-1) as Line;
    assert.equal(plain, updates * 4 * (64 * 32 + 32 + 32 * 10 + 10));
    assert.ok(plain / bytes > 45, `${plain / bytes}`);
    assert.ok(lastAccuracy(runtime) > 0.92, `${lastAccuracy(runtime)}`);
  });
});
