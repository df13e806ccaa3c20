import assert from 'node:assert/strict';
import { figures, startExample } from '../example';
import type { Received, Runtime } from '../runtime';

describe('the example of fl-adversary', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('06: one of five attacked ruins the plain mean and not the federation with a rule', async () => {
    runtime = await startExample('06');
    const after = (federation: string, round: number): Promise<Received> =>
      runtime.next(`how good, ${federation}`, (msg) => figures(msg).round === round);
    const accuracy = async (federation: string, round: number) => figures(await after(federation, round)).accuracy;
    for (const federation of ['open', 'guarded']) {
      const before = await accuracy(federation, 8);
      assert.ok(before > 0.8, `${federation} before the attack ${before}`);
    }
    const [open, guarded] = [await accuracy('open', 20), await accuracy('guarded', 20)];
    assert.ok(open < 0.3, `the mean ${open}`);
    assert.ok(guarded > 0.88, `with a rule ${guarded}`);
  });
});
