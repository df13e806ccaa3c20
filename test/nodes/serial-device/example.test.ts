import assert from 'node:assert/strict';
import { exampleItems, figures, lastAccuracy, startExample } from '../example';
import type { FlowItem, Runtime } from '../runtime';

describe('the example of fl-serial-device', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('14: a board learns among gateways, and answers by itself', async () => {
    runtime = await startExample('14');
    await runtime.next('how good', (msg) => figures(msg).round === 5);
    assert.ok(runtime.received('rounds').every((msg) => figures(msg).updates === 3));
    assert.ok(lastAccuracy(runtime) > 0.9, `${lastAccuracy(runtime)}`);
    const asking = exampleItems('14').find(({ name }) => name === 'worn?') as FlowItem;
    runtime.send(asking.id, {});
    const answer = (await runtime.next('the board says')).payload as Record<string, unknown>;
    assert.equal(answer.label, 'worn');
    assert.ok(Number(answer.confidence) > 0.8);
  });
});
