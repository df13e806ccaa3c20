import assert from 'node:assert/strict';
import { figures, lastAccuracy, startExample } from '../example';
import type { Runtime } from '../runtime';

interface Seen {
  client: string;
  round: number;
  bytes: string;
}
interface Told {
  round: number;
  void?: string;
  secure: { masked: number; dropped: number };
}

describe('the example of fl-secure-mask', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('19: learns from sums alone, also of the rounds in which a machine breaks off', async () => {
    runtime = await startExample('19');
    await runtime.next('how good', (msg) => figures(msg).round === 8);
    const told = runtime.received('rounds').map(({ payload }) => payload as unknown as Told);
    for (const { round, void: reason, secure } of told.slice(0, 8)) {
      const out = round % 4 === 0 ? 1 : 0;
      assert.deepEqual([reason, secure], [undefined, { masked: 5 - out, dropped: out }], `round ${round}`);
    }
    const seen = runtime.received('seen').map(({ payload }) => payload as unknown as Seen);
    assert.ok(seen.length >= 38, `${seen.length}`);
    assert.equal(new Set(seen.map(({ bytes }) => bytes)).size, seen.length);
    assert.ok(lastAccuracy(runtime) > 0.9, `${lastAccuracy(runtime)}`);
  });
});
