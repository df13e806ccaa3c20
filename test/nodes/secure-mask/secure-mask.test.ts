/** fl-secure-mask in a Node-RED: on one gateway, behind wires, beside a board, started anew, and given rubbish. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exampleItems, type Figures, figures, lastAccuracy } from '../example';
import { modelMessage, update, wave } from '../messages';
import { isPolluted, mutated } from '../mutate';
import { type FlowItem, type Received, type Runtime, startRuntime } from '../runtime';

const nodes = [
  ...['model', 'client', 'aggregator', 'evaluate', 'secure-mask'],
  ...['core/common/20-inject', 'core/common/60-link', 'core/common/90-comment', 'core/function/10-function'],
];
const secured = { secure: 'on', secureClip: '10', secureMaxSamples: '1000', secureThreshold: '66', quorum: '3' };

interface Told extends Figures {
  void: never;
}
const told = (runtime: Runtime): Told[] => runtime.received('rounds').map(({ payload }) => payload as Told);
const isDone = (round: number) => (msg: Received) => figures(msg).round === round && !('void' in figures(msg));
const sentence = (msg: Received): string => (msg as { error?: { message: string } }).error?.message ?? '';

/** The example, with another aggregator: its machines are all there. */
function masked(server: Record<string, unknown> = {}): FlowItem[] {
  const items = exampleItems('19').map((item) => ({
    ...item,
    ...(item.type === 'fl-aggregator' && { deadline: '8', pause: '0.1', rounds: '100', ...server }),
    ...(item.name === 'breaks off' && { func: 'return msg;' }),
  }));
  const z = items[0].id;
  return [
    ...items,
    { id: 'k', z, type: 'catch', scope: null, uncaught: false, wires: [['caught']] },
    { id: 'caught', z, type: 'sink', wires: [] },
  ];
}

const alone = (settings: Record<string, unknown> = {}): FlowItem[] => [
  { id: 'f', type: 'tab' },
  { id: 'n', type: 'fl-secure-mask', z: 'f', wires: [['out'], ['events']], ...settings },
  ...['out', 'events', 'caught'].map((id) => ({ id, type: 'sink', z: 'f' })),
  { id: 'c', type: 'catch', z: 'f', wires: [['caught']] },
];

describe('fl-secure-mask', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('waits when it is dropped, and lets nothing through with a setting that is wrong', async () => {
    runtime = await startRuntime(['secure-mask'], alone());
    await runtime.statusIs('n', ({ fill, text }) => fill === 'yellow' && text === 'waiting for a round');
    runtime.send('n', { payload: 1 });
    assert.match(sentence(await runtime.next('caught')), /first output of fl-client/);
    await runtime.close();
    for (const wrong of [{ minClients: '2' }, { minClients: 'x' }, { statistics: 'some' }]) {
      runtime = await startRuntime(['secure-mask'], alone(wrong));
      runtime.send('n', update());
      await runtime.next('caught');
      assert.equal(runtime.received('out').length, 0, JSON.stringify(wrong));
      await runtime.close();
    }
    runtime = await startRuntime(['secure-mask'], alone());
  });

  it('lets no update out without its masks, whatever is thrown at it', async () => {
    runtime = await startRuntime(['secure-mask'], alone());
    const { federation, model, round, attempt, client } = update().fl;
    const base = { federation, model, round, attempt };
    const secure = { threshold: 0.5, neighbours: 4, clip: 1, range: 1000, maxSamples: 100 };
    const clients = ['a', 'b', client];
    const good = [
      update(wave()),
      update(wave(), { client: 'b' }),
      { payload: Buffer.alloc(0), fl: { kind: 'join', ...base, client, samples: 4 } },
      modelMessage(wave(), { ...base, cohort: clients, secure }),
      modelMessage(wave(), { ...base, attempt: 'x.2', cohort: clients }),
      { payload: Buffer.alloc(64 * 3, 7), fl: { kind: 'secure', ...base, step: 'keys', cohort: clients } },
      { payload: Buffer.alloc(0), fl: { kind: 'secure', ...base, step: 'unmask', cohort: clients } },
    ];
    for (const msg of good) runtime.send('n', structuredClone(msg) as unknown as Record<string, unknown>);
    for (const msg of mutated(good as never, 3000, 19)) runtime.send('n', msg);
    const last = { ...update().fl, client: 'last', attempt: 'z.9' };
    runtime.send('n', { payload: Buffer.alloc(0), fl: { kind: 'join', ...base, client: 'last', samples: 4 } });
    await runtime.next('out', ({ fl }) => fl?.client === last.client);
    assert.equal(isPolluted(), false);
    for (const { fl } of runtime.received('out')) {
      // There never were three with true keys.
      assert.ok(['join', 'decline', 'secure'].includes(String(fl?.kind)), String(fl?.kind));
    }
    assert.ok(runtime.received('out').some(({ fl }) => fl?.kind === 'secure'));
  });

  it('takes no word of a client that came over a wire, where others could speak for it', async () => {
    const wire = { id: 'w', type: 'fl-wire', z: 'f', x: 1, y: 1, direction: 'auto', wires: [['back']] };
    const back = { ...wire, id: 'back', wires: [['n']] };
    runtime = await startRuntime(['secure-mask', 'wire'], [...alone(), wire, back]);
    const { federation, model, round, client } = update().fl;
    const join = { payload: Buffer.alloc(0), fl: { kind: 'join', federation, model, round, client, samples: 4 } };
    for (const msg of [join, update()]) runtime.send('w', structuredClone(msg) as never);
    await runtime.next('caught', () => runtime.received('caught').length === 2);
    for (const caught of runtime.received('caught')) assert.match(sentence(caught), /put the mask beside the client/);
    assert.equal(runtime.received('out').length, 0);
    runtime.send('n', join);
    await runtime.next('out', ({ fl }) => fl?.kind === 'join');
  });

  it('works behind wires, as bytes and back in both directions', async () => {
    const items = masked({ rounds: '3' });
    const server = items.find(({ type }) => type === 'fl-aggregator') as FlowItem;
    const [tab] = items;
    const wire = (id: string, direction: string, wires: string[]): FlowItem => ({
      ...{ id, type: 'fl-wire', z: tab.id, x: 1, y: 1, direction, sign: 'none', check: 'none', wires: [wires] },
    });
    const [[down]] = server.wires as string[][];
    const clientsOf = items.find(({ type, name }) => type === 'link in' && name === 'from the server') as FlowItem;
    const wired = items.map((item) => {
      if (item.id === server.id) return { ...item, wires: [['pack', down], (server.wires as string[][])[1]] };
      // Machines and masks hear what came over the wire.
      if (item.id === clientsOf.id) return { ...item, wires: [[]] };
      if (item.type === 'fl-secure-mask' || item.name === 'breaks off') {
        const [out, ...rest] = item.wires as string[][];
        return { ...item, wires: [out.map((to) => (to === server.id ? 'pack up' : to)), ...rest] };
      }
      return item;
    });
    runtime = await startRuntime(
      [...nodes, 'wire'],
      [
        ...wired,
        wire('pack', 'pack', ['unpack']),
        wire('unpack', 'unpack', (clientsOf.wires as string[][])[0]),
        wire('pack up', 'pack', ['unpack up']),
        wire('unpack up', 'unpack', [server.id]),
      ],
    );
    await runtime.next('rounds', isDone(3));
    assert.deepEqual(runtime.received('caught').map(sentence), []);
    for (const { secure } of told(runtime)) assert.deepEqual(secure, { masked: 5, dropped: 0 });
  });

  it('goes on when a mask is deployed anew, and when its Node-RED starts again, in the middle of a round', async () => {
    const userDir = mkdtempSync(join(tmpdir(), 'fl-secure-'));
    try {
      runtime = await startRuntime(nodes, masked(), userDir);
      await runtime.next('rounds', isDone(2));
      const changed = masked().map((item) => (item.name === 'Mask 2' ? { ...item, statistics: 'pass' } : item));
      await runtime.deploy(changed, 'nodes');
      const before = told(runtime).at(-1)?.round ?? 0;
      await runtime.next('rounds', (msg) => isDone(figures(msg).round)(msg) && figures(msg).round >= before + 3);
      // It was a drop-out for a round at most, and is in again.
      assert.deepEqual(told(runtime).at(-1)?.secure, { masked: 5, dropped: 0 });
      await runtime.stop();
      const done = told(runtime).at(-1)?.round ?? 0;
      runtime = await startRuntime(nodes, masked(), userDir);
      await runtime.next('rounds', (msg) => figures(msg).round >= done + 2 && !('void' in figures(msg)));
      assert.ok(told(runtime).every(({ round }) => round > done));
      await runtime.close();
    } finally {
      rmSync(userDir, { recursive: true, force: true });
    }
  });

  it('stands beside a board, whose own 8 bits are masked as any update', async () => {
    const board = exampleItems('14').map((item) => {
      if (item.type === 'fl-aggregator') return { ...item, ...secured, rounds: '6', pause: '0.1' };
      // One mask for the three of this gateway.
      if (item.name === 'from the server') return { ...item, wires: [[...(item.wires as string[][])[0], 'mask']] };
      if (item.type === 'fl-client' || item.type === 'fl-serial-device') {
        return { ...item, wires: [['mask'], ...(item.wires as string[][]).slice(1)] };
      }
      return item;
    });
    const [tab] = board;
    const link = board.find(({ name }) => name === 'to the server') as FlowItem;
    const mask = {
      id: 'mask',
      type: 'fl-secure-mask',
      z: tab.id,
      x: 1,
      y: 1,
      statistics: 'pass',
      wires: [[link.id], ['events']],
    };
    runtime = await startRuntime(
      [...nodes, 'serial-device', 'core/function/15-change'],
      [...board, mask, { id: 'events', type: 'sink', z: tab.id, wires: [] }],
    );
    await runtime.next('rounds', isDone(6));
    for (const { round, secure } of told(runtime)) {
      if (round > 0) assert.deepEqual(secure, { masked: 3, dropped: 0 });
    }
    assert.ok(lastAccuracy(runtime) > 0.9, `${lastAccuracy(runtime)}`);
    const events = runtime.received('events').map(({ payload }) => payload as Record<string, unknown>);
    const kinds = new Set(events.map(({ event }) => event));
    assert.deepEqual([...kinds].sort(), ['agreeing', 'masked', 'opened']);
    for (const { event, clients, clippedShare } of events) {
      if (event === 'masked') assert.deepEqual([clients, clippedShare], [3, 0]);
    }
  });
});
