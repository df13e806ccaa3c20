import assert from 'node:assert/strict';
import { exampleItems, type Figures, figures, lastAccuracy, startExample } from '../example';
import type { FlowItem, Runtime } from '../runtime';

describe('the example of fl-dp-noise', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('10: learns under noise until the budget is spent, and then stops', async () => {
    runtime = await startExample('10');
    await runtime.next('how good', (msg) => figures(msg).round === 20);
    const spent = runtime.received('privacy spent').map(({ payload }) => payload as Figures);
    assert.equal(spent.length, 8 * 20);
    assert.ok(spent.every(({ epsilon }) => epsilon <= 8));
    assert.ok((spent.at(-1)?.epsilon ?? 0) > 7.99);
    assert.ok(lastAccuracy(runtime) > 0.85, `${lastAccuracy(runtime)}`);
    // C has followed the lengths of the updates.
    const norms = runtime.received('rounds').flatMap(({ payload }) => {
      const { clipping } = payload as { clipping?: Figures };
      return clipping ? [clipping.next] : [];
    });
    assert.equal(new Set(norms).size, norms.length);
    assert.ok(norms.length >= 20 && norms.every((norm) => norm > 0.01 && norm < 10), `${norms}`);
    // The Catch node hears that the next ones do not leave, and the federation ends.
    const server = (exampleItems('10').find(({ type }) => type === 'fl-aggregator') as FlowItem).id;
    await runtime.statusIs(server, (s) => /^paused at 21/.test(s.text ?? ''));
    assert.equal(runtime.received('privacy spent').length, 8 * 20);
  });

  it('20: six of 24 machines in turn, under the noise of a tree: less of it than of a round each, and each pays for itself', async () => {
    runtime = await startExample('20');
    await runtime.next('how good', (msg) => figures(msg).round === 31);
    const spent = runtime.received('privacy spent').map(({ payload }) => payload as Figures);
    assert.equal(spent.length, 6 * 31);
    const rounds = new Map<unknown, number[]>();
    for (const { client, round } of spent) rounds.set(client, [...(rounds.get(client) ?? []), round]);
    assert.equal(rounds.size, 24);
    for (const own of rounds.values()) {
      assert.ok(own.length === 7 || own.length === 8, `${own}`);
      for (const [i, round] of own.entries()) assert.equal(round, own[0] + 4 * i);
    }
    // Planned for eight rounds wherever they lie: nobody passes the budget, and the last have used nearly all of it.
    const last = Math.max(...spent.map(({ epsilon }) => epsilon));
    assert.ok(last <= 8 && last > 7, `${last}`);
    const nodes = runtime.received('rounds').map(({ payload }) => (payload as { tree: Figures }).tree.nodes);
    assert.deepEqual(
      nodes,
      Array.from({ length: 31 }, (_, i) => [...(i + 1).toString(2)].filter((digit) => digit === '1').length),
    );
    assert.ok(lastAccuracy(runtime) > 0.85, `${lastAccuracy(runtime)}`);
  });
});
