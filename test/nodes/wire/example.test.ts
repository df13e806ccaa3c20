import assert from 'node:assert/strict';
import { figures, lastAccuracy, startExample } from '../example';
import type { Runtime } from '../runtime';

describe('the example of fl-wire', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('12: learns with nothing but bytes between clients and server', async () => {
    runtime = await startExample('12');
    await runtime.next('how good', (msg) => figures(msg).round === 15);
    for (const way of ['bytes up', 'bytes down']) {
      const bytes = runtime.received(way);
      assert.ok(bytes.length > 15);
      assert.ok(
        bytes.every(({ payload, fl }) => Buffer.isBuffer(payload) && fl === undefined),
        way,
      );
    }
    assert.ok(lastAccuracy(runtime) > 0.9, `${lastAccuracy(runtime)}`);
  });
});
