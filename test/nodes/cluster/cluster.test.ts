import assert from 'node:assert/strict';
import type { ModelHeader } from '../../../lib/update/message';
import { floats, modelMessage, numbersOf, SIZE, TENSORS, update, wave } from '../messages';
import { isPolluted, mutated } from '../mutate';
import { type Runtime, startRuntime } from '../runtime';

const flow = (settings: Record<string, unknown> = {}, wires = [['one'], ['two'], ['members']]) => [
  { id: 'k', type: 'fl-cluster', z: 'f', wires, ...settings },
  ...['one', 'two', 'members'].map((id) => ({ id, type: 'sink', z: 'f' })),
  { id: 'f', type: 'tab' },
  { id: 'c', type: 'catch', z: 'f', wires: [['caught']] },
  { id: 'caught', type: 'sink', z: 'f' },
];
const ones = Array.from({ length: SIZE }, () => 1);
const both = () => ({
  payload: floats([...wave(), ...ones]),
  fl: {
    ...modelMessage(wave()).fl,
    local: { name: 'ifca', groups: 2 },
    tensors: [...TENSORS, ...TENSORS],
  } as ModelHeader,
});
const metrics = (...groups: string[][]) => ({
  topic: 'fl/metrics',
  payload: { round: 1, groups: groups.map((clients) => ({ clients, samples: 3 })) },
});

describe('fl-cluster', () => {
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('gives each group its model, as if there were no groups', async () => {
    runtime = await startRuntime(['cluster'], flow());
    runtime.send('k', both());
    const [one, two] = [await runtime.next('one'), await runtime.next('two')];
    assert.deepEqual(one.payload, floats(wave()));
    assert.deepEqual(numbersOf(two.payload as Buffer), ones);
    for (const { fl } of [one, two]) assert.deepEqual((fl as unknown as ModelHeader).tensors, TENSORS);
    assert.match((await runtime.statusIs('k', (s) => s.fill === 'green')).text ?? '', /2 groups/);
  });

  it('tells who is where when somebody has changed, and only then', async () => {
    runtime = await startRuntime(['cluster'], flow());
    runtime.send('k', { ...modelMessage(wave(), { group: 1, cohort: ['b', 'a'] }) });
    runtime.send('k', { ...modelMessage(wave(), { group: 1, cohort: ['a', 'b'] }) });
    runtime.send('k', metrics(['a'], ['b']));
    await runtime.next('members', ({ payload }) => (payload as { clients: string[] }[])[0].clients.length === 1);
    assert.deepEqual(
      runtime.received('members').map(({ payload }) => payload),
      [
        [
          { group: 1, clients: [] },
          { group: 2, clients: ['a', 'b'] },
        ],
        [
          { group: 1, clients: ['a'] },
          { group: 2, clients: ['b'] },
        ],
      ],
    );
  });

  it('follows the group of one client, also when it changes', async () => {
    const settings = { mode: 'client', client: 'plant-1' };
    runtime = await startRuntime(['cluster'], flow(settings, [['one'], ['members']]));
    runtime.send('k', both());
    await runtime.statusIs('k', (s) => s.text === 'group not known yet');
    assert.equal(runtime.received('one').length, 0);
    runtime.send('k', update(wave(), { group: 1 }));
    runtime.send('k', both());
    assert.deepEqual(numbersOf((await runtime.next('one')).payload as Buffer), ones);
    runtime.send('k', metrics(['plant-1'], []));
    runtime.send('k', both());
    await runtime.next('one', ({ payload }) => (payload as Buffer).equals(floats(wave())));
  });

  it('drops what places newcomers, and says which group has no output', async () => {
    runtime = await startRuntime(['cluster'], flow());
    runtime.send('k', modelMessage(wave(), { group: -1, cohort: ['new'] }));
    runtime.send('k', modelMessage(wave(), { group: 2, cohort: [] }));
    runtime.send('k', modelMessage(ones, { group: 0, cohort: [] }));
    assert.deepEqual(numbersOf((await runtime.next('one')).payload as Buffer), ones);
    assert.equal(runtime.received('one').length + runtime.received('two').length, 1);
  });

  it('says on an empty canvas what it waits for', async () => {
    runtime = await startRuntime(['cluster'], [{ id: 'k', type: 'fl-cluster' }]);
    assert.equal((await runtime.statusIs('k', (s) => s.fill === 'yellow')).text, 'waiting for models');
  });

  it('refuses what is no message of a federation, and a client without a name', async () => {
    runtime = await startRuntime(['cluster'], flow());
    runtime.send('k', { payload: 7 });
    const caught = await runtime.next('caught');
    assert.match((caught as { error?: { message: string } }).error?.message ?? '', /wire fl-cluster behind/);
    await runtime.close();
    runtime = await startRuntime(['cluster'], flow({ mode: 'client' }, [['one'], ['members']]));
    await runtime.statusIs('k', (s) => s.fill === 'red');
  });

  it('stands rubbish', async () => {
    runtime = await startRuntime(['cluster'], flow());
    for (const message of mutated([both()], 300, 7)) runtime.send('k', message);
    runtime.send('k', modelMessage(ones, { group: 1, cohort: [] }));
    await runtime.next('two', ({ payload }) => (payload as Buffer).equals(floats(ones)));
    assert.ok(!isPolluted());
  });
});
