import assert from 'node:assert/strict';
import { publicRows } from '../../../lib/distillation';
import { pumpFolder, pumpRows } from '../federation/factory';
import { isPolluted, mutated } from '../mutate';
import { type FlowItem, type Received, type Runtime, startRuntime } from '../runtime';
import { changed, isEvent, memberFlow, nodes, payload, sentence } from './flows';

/** Those that the drawing calls public, read again. */
function itsPublicRows() {
  const rows = pumpRows()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').slice(1, 3).map(Number))
    .filter(([, noise]) => noise >= 1);
  const features = Float32Array.from(rows.flat());
  return publicRows({ features, targets: new Float32Array(0), count: rows.length }, 2);
}
const { count, digest } = itsPublicRows();
const agreed = { publicRows: String(count), digest };
const members = ['north', 'south', 'east'];
const kept = Object.fromEntries(
  [...members.map((name) => `${name}-member`), 'learner'].map((id) => [id, { persistent: 'true' }]),
);

describe('fl-distill, members with networks of their own', () => {
  let pumps: ReturnType<typeof pumpFolder>;
  let runtime: Runtime;
  const run = async (flow: FlowItem[]): Promise<void> => {
    runtime = await startRuntime(nodes, flow, pumps.folder);
  };
  const finished = (round: number): Promise<Received> => runtime.next('metrics', (msg) => payload(msg).round === round);
  /** What all say at the end, as bits. */
  const opinion = async (): Promise<Buffer> =>
    (await runtime.next('told', ({ fl }) => fl?.round === 6)).payload as Buffer;
  beforeEach(() => {
    pumps = pumpFolder();
  });
  afterEach(async () => {
    await runtime.close();
    pumps.remove();
  });

  it('three unlike networks are one federation, and a student learns what all say', async () => {
    await run(memberFlow({ consensus: agreed }));
    await finished(5);
    assert.deepEqual(runtime.received('caught').map(sentence), []);
    const updates = runtime.received('sent').filter(({ fl }) => fl?.kind === 'update');
    assert.equal(updates.length, 15);
    // Predictions travel, not weights: as many numbers whatever the network.
    for (const { payload: bytes } of updates) assert.equal((bytes as Buffer).length, 4 * count * 2);
    const told = runtime.received('events').filter(isEvent('public-rows')).map(payload);
    assert.deepEqual(told, new Array(4).fill({ event: 'public-rows', rows: count, digest }));
    for (const name of members) {
      const own = runtime.received('own').filter(({ fl }) => fl?.personal === name);
      assert.ok(own.length >= 5, `${own.length} models of ${name}`);
      const trained = payload(runtime.received('events').filter(isEvent('trained', name)).at(-1) ?? {});
      assert.ok(Number(trained.digestLoss) > 0, JSON.stringify(trained));
    }
    const taught = await runtime.next('events', (msg) => isEvent('taught')(msg) && payload(msg).round === 5);
    assert.ok(Number(payload(taught).agreement) > 0.9, JSON.stringify(taught));
    const { f1 } = payload(await runtime.next('figures', (msg) => payload(msg).round === 5));
    assert.ok(Number(f1) > 0.8, `F1 ${f1}`);
  });

  it('whoever has other rows does not take part, and says which they are', async () => {
    const more: FlowItem = { id: 'told-east', z: 't', type: 'sink' };
    const rest = memberFlow({ consensus: agreed, more: [more], changes: { agg: { minClients: '2', quorum: '2' } } });
    await run(
      changed(rest, {
        open: { wires: [['north-member', 'south-member'], []] },
        'east-member': { wires: [['agg'], ['told-east'], []] },
      }),
    );
    await runtime.statusIs('east-member', ({ text }) => text === 'no public rows yet');
    const rows = Array.from({ length: count }, (_, i) => [i, -i]);
    runtime.send('east-member', { topic: 'public', payload: rows });
    const event = payload(await runtime.next('told-east', isEvent('public-rows')));
    assert.equal(event.rows, count);
    assert.notEqual(event.digest, digest);
    const { text } = await runtime.statusIs('east-member', (status) => status.text?.startsWith('≠') === true);
    assert.equal(text, `≠ ${event.digest}`);
    const told = await runtime.next('caught', (msg) => sentence(msg).includes(String(event.digest)));
    assert.match(sentence(told), new RegExp(`those of the federation ${count} of digest ${digest}`));
    await finished(5);
    assert.deepEqual(runtime.received('told-east').filter(isEvent('joined')), []);
    // With the right ones it joins.
    runtime.send('east-member', { topic: 'forget' });
    await runtime.statusIs('east-member', (status) => status.text === 'no public rows yet');
  });

  it('tells which rows it has before the fl-model knows, and takes part once it does', async () => {
    const unknown = memberFlow({ consensus: { publicRows: '', digest: '' } });
    await run(unknown);
    const { rows, digest: told } = payload(await runtime.next('events', isEvent('public-rows')));
    assert.deepEqual([rows, told], [count, digest]);
    await runtime.statusIs('north-member', ({ text }) => text === `≠ ${digest}`);
    await runtime.next('caught', (msg) => /Write the number and the digest of the public rows/.test(sentence(msg)));
    await runtime.deploy(memberFlow({ consensus: { publicRows: String(rows), digest: String(told) } }), 'full');
    await finished(1);
  });

  it('takes very many rows, which other threads put in order', async () => {
    await run(changed(memberFlow({ consensus: agreed }), { open: { start: 'message' } }));
    const many = Array.from({ length: 40_000 }, (_, i) => [(i * 7919) % 40_000, -i]);
    runtime.send('north-member', { topic: 'public', payload: many });
    const block = { features: Float32Array.from(many.flat()), targets: new Float32Array(0), count: many.length };
    const event = payload(await runtime.next('events', isEvent('public-rows')));
    assert.deepEqual([event.rows, event.digest], [40_000, publicRows(block, 2).digest]);
    await runtime.next('caught', (msg) => sentence(msg).includes(String(event.digest)));
  });

  it('a network may begin with the labels of the public rows, beside others that do not', async () => {
    const changes = { 'north-member': { pretrainEpochs: '6' }, agg: { rounds: '2' } };
    await run(changed(memberFlow({ consensus: agreed }), changes));
    await finished(2);
    assert.deepEqual(runtime.received('caught').map(sentence), []);
    for (const name of members) {
      const trained = runtime.received('events').filter(isEvent('trained', name)).map(payload);
      assert.deepEqual(
        trained.map((event) => [Number(event.pretrainLoss) > 0, Number(event.digestLoss) > 0]),
        [
          [name === 'north', false],
          [false, true],
        ],
        name,
      );
    }
    runtime.send('north-member', { topic: 'public', payload: [1, 2] });
    await runtime.next('caught', (msg) => /has no label/.test(sentence(msg)));
  });

  it('waits for rows that are still to come', async () => {
    await run(changed(memberFlow({ consensus: agreed }), { open: { start: 'message' } }));
    runtime.send('north-member', {
      topic: 'public',
      payload: [
        [1, 2],
        [3, 4],
        [1, 2],
      ],
    });
    // Equal rows are one.
    await runtime.statusIs('north-member', ({ text }) => text === `public 2/${count}`);
    assert.deepEqual(runtime.received('caught'), []);
  });

  it('comes to the same bits after a restart and a redeploy in the middle, and with rubbish in between', async () => {
    const flow = changed(memberFlow({ consensus: agreed }), { ...kept, agg: { pause: '0.1' } });
    await run(flow);
    const expected = await opinion();
    await runtime.close();
    pumps.remove();
    pumps = pumpFolder();
    await run(flow);
    await finished(1);
    await runtime.stop();
    await run(flow);
    await finished(3);
    await runtime.deploy(changed(flow, { agg: { name: 'again', pause: '0.1' } }), 'full');
    const model = await runtime.next('told', ({ fl }) => fl?.kind === 'model');
    // Of another model: one that is whole and of this federation would be believed.
    const strange = { ...model, fl: { ...model.fl, model: 'ab'.repeat(32) } };
    for (const msg of mutated([strange], 1500, 3)) {
      if (msg.fl === undefined) continue;
      for (const id of ['north-member', 'learner']) runtime.send(id, msg);
    }
    for (const payload of ['text', [1], [Number.NaN, 1], Buffer.alloc(8), {}]) {
      runtime.send('north-member', { topic: 'public', payload });
      runtime.send('learner', { payload });
    }
    assert.deepEqual(await opinion(), expected);
    assert.equal(isPolluted(), false);
  });

  const says = (id: string, words: RegExp): Promise<Received> =>
    runtime.next(
      'caught',
      (msg) => (msg.error as { source: { id: string } }).source.id === id && words.test(sentence(msg)),
    );

  it('says what does not go together', async () => {
    const flow = memberFlow({
      consensus: agreed,
      changes: {
        'south-member': { client: 'north' },
        'east-member': { network: 'agreed' },
        learner: { consensus: 'small' },
        agg: { minClients: '1', quorum: '1', strategy: 'scaffold' },
      },
    });
    await run(flow);
    await says('south-member', /Two clients of federation "pumps" have the id "north"/);
    await says('east-member', /not a network/);
    await says('learner', /is a network, not the predictions of a federation on public rows/);
  });

  it('refuses a strategy that corrects the steps of one common network', async () => {
    await run(changed(memberFlow({ consensus: agreed }), { agg: { strategy: 'scaffold' } }));
    await says('north-member', /each client has a network of its own/);
    await runtime.next('events', isEvent('declined', 'north'));
  });
});
