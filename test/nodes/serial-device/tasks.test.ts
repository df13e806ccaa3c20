/** Boards in federations of every task: they learn among gateways, and tell of their rows what the gateway has of them. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Unlikeness } from '../../../lib/data/unlikeness';
import { type Changes, pumpFolder } from '../federation/factory';
import { type FlowItem, type Runtime, startRuntime } from '../runtime';
import { asBoard, boardFlow, boardPalette, type Fields, fieldsOf, headerOf, isFinal, isModel } from './boards';

const sink = (id: string): FlowItem => ({ id, z: 't', type: 'sink', wires: [] });

describe('fl-serial-device in each task', () => {
  const pumps = pumpFolder();
  after(() => pumps.remove());
  let runtime: Runtime;
  afterEach(() => runtime.close());

  const rows = ['plant,heat,noise,leak,worn'];
  for (let i = 0; i < 200; i++) {
    const [heat, noise] = [Math.sin(i), Math.cos(3 * i)];
    rows.push([i % 2 ? 'north' : 'south', heat, noise, heat > 0.2 ? 1 : 0, noise > 0 ? 1 : 0].join(','));
  }
  writeFileSync(join(pumps.folder, 'labels.csv'), rows.join('\n'));

  const run = async (changes: Changes): Promise<void> => {
    const wires = [['north-client', 'south-client', 'here', 'told'], ['metrics']];
    const here: FlowItem = { id: 'here', z: 't', type: 'fl-predict', model: 'm', keep: false, wires: [['answers']] };
    const aggregator = { rounds: '2', wires, ...changes.aggregator };
    runtime = await startRuntime(
      [...boardPalette, 'predict'],
      boardFlow({ ...changes, north: asBoard(), aggregator, more: [here, sink('answers')] }),
      pumps.folder,
    );
    await runtime.next('told', isFinal);
    assert.ok(
      runtime
        .received('metrics')
        .filter(({ topic }) => topic === 'fl/metrics')
        .every((msg) => fieldsOf(msg).updates === 2),
    );
  };
  const agree = async (row: number[]): Promise<Fields> => {
    for (const id of ['north-client', 'here']) runtime.send(id, { topic: 'predict', payload: row });
    const [board, here] = [await runtime.next('predictions'), await runtime.next('answers')];
    assert.deepEqual(board.payload, here.payload);
    assert.deepEqual(runtime.received('caught'), []);
    return fieldsOf(board);
  };

  it('several labels at once', async () => {
    await run({
      model: { task: 'multi-label', labels: 'leak, worn' },
      dataset: { file: 'labels.csv', labelKind: 'several', labelColumn: 'leak, worn' },
    });
    assert.equal(Object.keys((await agree([1, -1])).scores as Fields).join(), 'leak,worn');
  });

  it('several numbers at once', async () => {
    await run({
      model: { task: 'regress', outputs: '2', labels: '' },
      dataset: { file: 'labels.csv', labelKind: 'number', labelColumn: 'leak, worn' },
    });
    assert.equal(((await agree([1, -1])).values as number[]).length, 2);
  });

  it('a classifier whose classes are weighed: the gateway counts the rows of its board', async () => {
    await run({
      dataset: { file: 'pumps.csv', holdOut: 'none' },
      aggregator: { classWeighting: 'balanced', classWeightCap: '50', unlikeness: true },
    });
    const told = runtime.received('metrics').find(({ topic }) => topic === 'fl/unlikeness');
    const { clients, pooled } = fieldsOf(told ?? {}) as unknown as Unlikeness;
    assert.deepEqual(
      clients.map(({ client, samples }) => [client, samples]),
      [
        ['north', 200],
        ['south', 200],
      ],
    );
    const [model] = runtime.received('told').filter(isModel);
    assert.deepEqual(
      headerOf(model).training.classWeights,
      pooled.map((count) => 400 / (2 * count)),
    );
  });
});
