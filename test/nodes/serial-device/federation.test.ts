/** Boards where clients stood: the same federation, to the bit, on good days and on bad ones. */
import assert from 'node:assert/strict';
import { fitOf } from '../../../lib/board/fit';
import { VIRTUAL_ARENA } from '../../../lib/board/virtual/virtual-board';
import { federatedModel } from '../../../lib/federation/federated-model';
import { defaultOptions } from '../../../lib/federation/options';
import { parseSpec } from '../../../lib/model';
import { type Changes, pumpFolder } from '../federation/factory';
import { type Runtime, startRuntime } from '../runtime';
import { asBoard, boardFlow, boardPalette, fieldsOf, headerOf, isFinal, isModel } from './boards';

/** So many rows that the model of the pumps fits a virtual board, and nothing beside it. */
function fullRows(): number {
  const labels = ['cold', 'hot'];
  const layers = [
    { type: 'dense', units: 4, activation: 'relu' },
    { type: 'dense', units: 2, activation: 'softmax' },
  ];
  const spec = parseSpec({ version: 1, task: 'classify', input: [2], layers, labels, seed: 1 });
  const model = { ...federatedModel(spec), training: defaultOptions.training };
  let rows = fitOf(model, 0, VIRTUAL_ARENA).mostRows;
  while (fitOf(model, rows + 1, VIRTUAL_ARENA).fits) rows += 1;
  return rows;
}

describe('boards in a federation', () => {
  const pumps = pumpFolder();
  after(() => pumps.remove());
  let runtime: Runtime;
  afterEach(() => runtime.close());

  const run = async (changes: Changes, userDir?: string): Promise<void> => {
    const dataset = { file: `${pumps.folder}/pumps.csv`, ...changes.dataset };
    runtime = await startRuntime(boardPalette, boardFlow({ ...changes, dataset }), userDir);
  };
  const learned = async (changes: Changes): Promise<Buffer> => {
    await run(changes);
    const { payload } = await runtime.next('told', isFinal);
    await runtime.statusIs('agg', ({ text }) => text === '5 rounds done');
    assert.deepEqual(runtime.received('caught'), []);
    return payload as Buffer;
  };
  const said = (event: string, more: (fields: Record<string, unknown>) => boolean = () => true) =>
    runtime.next('events', (msg) => fieldsOf(msg).event === event && more(fieldsOf(msg)));

  it('learn the same bits as clients of the same names with the same rows, all boards or some', async () => {
    const clients = await learned({});
    await runtime.close();
    const mixed = await learned({ north: asBoard() });
    await runtime.close();
    const boards = await learned({ north: asBoard(), south: asBoard() });
    assert.ok(mixed.equals(clients));
    assert.ok(boards.equals(clients));
    const events = runtime.received('events').map(fieldsOf);
    const trained = events.filter(({ event }) => event === 'trained');
    assert.equal(trained.length, 10);
    const fit = events.find(({ event }) => event === 'fit');
    assert.ok(Number(fit?.neededBytes) > 0 && Number(fit?.neededBytes) < Number(fit?.arenaBytes));
    assert.ok(events.some(({ event, state }) => event === 'state' && state === 'ready'));
    assert.ok(events.some(({ event, bytesOut }) => event === 'line' && Number(bytesOut) >= 0));
    assert.equal((await runtime.statusIs('north-client', ({ fill }) => fill === 'green')).text, '161 samples');
  });

  it('make their updates of 8 bits themselves, in a quarter of the bytes', async () => {
    await learned({ north: asBoard({ update: 'int8' }), south: asBoard() });
    const { bytesUp } = fieldsOf(runtime.received('metrics')[0]);
    const floats = 4 * 22;
    assert.ok(Number(bytesUp) < 1.6 * floats, `${bytesUp}`);
  });

  it('whose cable is out decline, and the round closes without them; plugged in again they take part', async () => {
    await run({
      north: asBoard(),
      south: asBoard(),
      aggregator: { quorum: '1', rounds: '0', pause: '0.2', deadline: '30' },
    });
    await runtime.next('metrics', (msg) => fieldsOf(msg).updates === 2);
    runtime.send('north-client', { topic: 'unplug' });
    const away = await runtime.statusIs('north-client', ({ text }) => text === 'unplugged');
    assert.deepEqual([away.fill, away.shape], ['red', 'ring']);
    assert.match(String(fieldsOf(await said('state', ({ state }) => state === 'absent')).reason), /cable/);
    const alone = await runtime.next('metrics', (msg) => fieldsOf(msg).updates === 1);
    assert.equal(fieldsOf(alone).declined, 1);
    assert.match(String(fieldsOf(await said('declined')).reason), /The board is away: The cable/);
    // Sooner than the deadline.
    assert.ok(Number(fieldsOf(alone).durationMs) < 20_000);
    const round = Number(fieldsOf(alone).round);
    runtime.send('north-client', { topic: 'plug' });
    await runtime.statusIs('north-client', ({ fill }) => fill !== 'red');
    await runtime.next('metrics', (msg) => fieldsOf(msg).updates === 2 && Number(fieldsOf(msg).round) > round);
  });

  it('that start anew in the middle of a round get their rows back and give the same bits', async () => {
    const clients = await learned({});
    await runtime.close();
    await run({ north: asBoard(), south: asBoard(), aggregator: { pause: '0.1' } });
    for (let round = 1; round <= 3; round++) {
      await runtime.next('told', (msg) => isModel(msg) && headerOf(msg).round === round);
      runtime.send('north-client', { topic: 'restart' });
      if (round === 2) runtime.send('south-client', { topic: 'restart' });
    }
    const { payload } = await runtime.next('told', isFinal);
    assert.ok((payload as Buffer).equals(clients));
  });

  it('learn the same bits by SCAFFOLD too', async () => {
    const aggregator = { strategy: 'scaffold', option: '1' };
    const clients = await learned({ aggregator });
    await runtime.close();
    const boards = await learned({ aggregator, north: asBoard({ update: 'int8' }), south: asBoard() });
    assert.ok(boards.equals(clients));
  });

  it('whose memory has no room for the vector of a strategy decline with the bytes that are missing', async () => {
    const capacity = String(fullRows());
    const north = asBoard({ capacity });
    await run({ north, aggregator: { quorum: '1', strategy: 'feddyn' } });
    const { reason } = fieldsOf(await said('declined'));
    assert.match(
      String(reason),
      /^(Its training failed: )?The model with the control vector .*, \d+ bytes too many: keep at most/,
    );
    await runtime.next('told', isFinal);
    for (const { updates, declined } of runtime.received('metrics').map(fieldsOf)) {
      assert.deepEqual([updates, declined], [1, 1]);
    }
    await runtime.close();
    // The same board takes part where nothing but plain training is asked.
    await learned({ north });
  });

  it('hold their rows through a restart of Node-RED', async () => {
    const changes: Changes = {
      dataset: { start: 'message' },
      north: asBoard({ persistent: 'true', minSamples: '2', capacity: '5' }),
      aggregator: { start: 'message' },
    };
    await run(changes);
    await runtime.statusIs('north-client', ({ text }) => text === '0/2 samples');
    for (let i = 0; i < 9; i++) runtime.send('north-client', { payload: [i, 0], label: 'hot' });
    await runtime.statusIs('north-client', ({ text }) => text === '5 samples');
    const { userDir } = runtime;
    await runtime.stop();
    await run(changes, userDir);
    await runtime.statusIs('north-client', ({ text }) => text === '5 samples');
    runtime.send('north-client', { topic: 'forget' });
    await runtime.statusIs('north-client', ({ text }) => text === '0/2 samples');
  });
});
