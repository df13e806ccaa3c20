import assert from 'node:assert/strict';
import { exampleItems, type Figures, figures, lastAccuracy, startExample } from '../example';
import type { FlowItem, Runtime } from '../runtime';

describe('the example of fl-dp-noise', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('10: learns under noise until the budget is spent, and then stops', async () => {
    runtime = await startExample('10');
    await runtime.next('how good', (msg) => figures(msg).round === 20, 60000);
    const spent = runtime.received('privacy spent').map(({ payload }) => payload as Figures);
    assert.equal(spent.length, 8 * 20);
    assert.ok(spent.every(({ epsilon }) => epsilon <= 8));
    assert.ok((spent.at(-1)?.epsilon ?? 0) > 7.99);
    assert.ok(lastAccuracy(runtime) > 0.85, `${lastAccuracy(runtime)}`);
    // The Catch node hears that the next ones do not leave, and the federation ends.
    const server = (exampleItems('10').find(({ type }) => type === 'fl-aggregator') as FlowItem).id;
    await runtime.statusIs(server, (s) => /^paused at 21/.test(s.text ?? ''), 15000);
    assert.equal(runtime.received('privacy spent').length, 8 * 20);
  }).timeout(90000);
});
