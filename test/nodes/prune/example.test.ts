import assert from 'node:assert/strict';
import { figures, lastAccuracy, startExample } from '../example';
import type { Runtime } from '../runtime';

describe('the example of fl-prune', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('22: nine of ten weights become zero, and the network still reads digits', async () => {
    runtime = await startExample('22');
    await runtime.next('how good', (msg) => figures(msg).round === 20);
    const left = runtime.received('left').map(({ payload }) => payload as { round: number; left: number; all: number });
    const { all } = left[0];
    assert.equal(all, 64 * 32 + 32 + 32 * 10 + 10);
    // The biases and a tenth of both kernels.
    const last = left.at(-1);
    assert.equal(last?.left, 32 + 10 + (2048 - Math.round(0.9 * 2048)) + (320 - Math.round(0.9 * 320)));
    const bytes = runtime.received('rounds').map((msg) => figures(msg).bytesUp / figures(msg).updates);
    assert.ok((bytes.at(-1) ?? all) < bytes[0] / 4, `${bytes}`);
    assert.ok(lastAccuracy(runtime) > 0.88, `${lastAccuracy(runtime)}`);
  });
});
