/** Members of fl-distill behind a mask: what each network says of the public rows nobody hears, and all learn from the mean. */
import assert from 'node:assert/strict';
import { exampleItems, type Figures, figures } from '../example';
import { type FlowItem, type Runtime, startRuntime } from '../runtime';

describe('masked predictions on public rows', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('teach three unlike networks voices that they have never heard', async () => {
    const items = exampleItems('17');
    const server = items.find(({ type }) => type === 'fl-aggregator') as FlowItem;
    const link = items.find(({ id }) => (server.wires as string[][])[0].includes(id)) as FlowItem;
    // The student and its measures have no part in it.
    const aside = ['fl-export'];
    const drawing = items
      .filter(({ type, role }) => !aside.includes(type) && role !== 'student')
      .map((item) => {
        if (item.id === server.id) {
          const secure = { secure: 'on', secureClip: '50', secureMaxSamples: '100000', secureThreshold: '66' };
          return { ...item, ...secure, rounds: '6' };
        }
        if (item.type === 'link in' && (item.links as string[]).includes(link.id)) {
          return { ...item, wires: [[...(item.wires as string[][])[0], 'mask']] };
        }
        if (item.type === 'fl-distill') return { ...item, wires: [['mask'], ...(item.wires as string[][]).slice(1)] };
        return item;
      });
    const z = items[0].id;
    const mask = {
      id: 'mask',
      type: 'fl-secure-mask',
      z,
      x: 1,
      y: 1,
      statistics: 'refuse',
      wires: [[server.id], ['told']],
    };
    runtime = await startRuntime(
      [
        ...['model', 'dataset', 'distill', 'aggregator', 'evaluate', 'secure-mask'],
        ...['core/common/60-link', 'core/common/90-comment'],
      ],
      [...drawing, mask, { id: 'told', type: 'sink', z, wires: [] }],
    );
    const accuracy = async (round: number): Promise<number> =>
      figures(await runtime.next('george', (msg) => figures(msg).round === round)).accuracy;
    const [alone, together] = [await accuracy(1), await accuracy(6)];
    assert.ok(together > alone + 0.2, `${alone}, then ${together}`);
    for (const { payload } of runtime.received('rounds')) {
      assert.deepEqual((payload as Figures).secure as unknown, { masked: 3, dropped: 0 });
    }
    for (const { payload } of runtime.received('told')) {
      const { event, clippedShare } = payload as { event: string; clippedShare: number };
      if (event === 'masked') assert.equal(clippedShare, 0);
    }
  });
});
