/** What a board is asked beside learning, what it feels by itself, and who may have it. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { leasePort } from '../../../lib/board/serial/port-lease';
import { type Changes, pumpFolder } from '../federation/factory';
import { type FlowItem, type Received, type Runtime, startRuntime } from '../runtime';
import { asBoard, boardFlow, boardPalette, type Fields, fieldsOf, isFinal } from './boards';

const sink = (id: string): FlowItem => ({ id, z: 't', type: 'sink', wires: [] });
const sentence = ({ error }: Received): string => (error as { message: string }).message;

describe('fl-serial-device', () => {
  const pumps = pumpFolder();
  after(() => pumps.remove());
  let runtime: Runtime;
  afterEach(() => runtime.close());

  const run = async (changes: Changes, userDir?: string): Promise<void> => {
    const dataset = { file: `${pumps.folder}/pumps.csv`, ...changes.dataset };
    runtime = await startRuntime([...boardPalette, 'predict'], boardFlow({ ...changes, dataset }), userDir);
  };
  const send = (topic: string, payload?: unknown): void => runtime.send('north-client', { topic, payload });
  const said = (event: string): Promise<Fields> =>
    runtime.next('events', (msg) => fieldsOf(msg).event === event).then(fieldsOf);

  it('predicts on the board what fl-predict predicts here', async () => {
    await run({
      north: asBoard({ update: 'int8', flash: true }),
      aggregator: { wires: [['north-client', 'south-client', 'here', 'told'], ['metrics']] },
      more: [
        { id: 'here', z: 't', type: 'fl-predict', model: 'm', keep: false, wires: [['answers']] },
        sink('answers'),
      ],
    });
    await runtime.next('told', isFinal);
    const rows = [
      [60, 0],
      [35, 1],
      [49, -1],
    ];
    for (const id of ['north-client', 'here']) runtime.send(id, { topic: 'predict', payload: rows, tag: 7 });
    const board = await runtime.next('predictions');
    const here = await runtime.next('answers');
    assert.deepEqual([board.payload, board.tag], [here.payload, 7]);
    runtime.forget();
    runtime.send('north-client', { topic: 'predict', payload: { heat: 70, noise: 0 }, label: 'hot' });
    const one = fieldsOf(await runtime.next('predictions'));
    assert.deepEqual([one.label, one.expected, one.round], ['hot', 'hot', 5]);
    send('save');
    send('evaluate');
    const { rows: count, accuracy, loss } = await said('evaluation');
    assert.equal(count, 161);
    assert.ok(Number(accuracy) > 0.8 && Number(loss) < 0.6, `${accuracy} ${loss}`);
    assert.deepEqual(runtime.received('caught'), []);
    // What is in the flash is of no use to a gateway that is there, and does no harm.
    send('restart');
    await said('reset');
    send('predict', { heat: 70, noise: 0 });
    await runtime.next('predictions', (msg) => fieldsOf(msg).confidence === one.confidence);
    send('predict', [1, 2, 3]);
    assert.match(sentence(await runtime.next('caught')), /takes 2 features/);
  });

  it('tells what it has as fl-client does: not asked until it is charged', async () => {
    await run({
      aggregator: { sampler: 'availability', sampleCount: '2', minBattery: '50', start: 'message', rounds: '1' },
      north: asBoard(),
    });
    for (const name of ['north', 'south']) {
      await runtime.next('events', (msg) => fieldsOf(msg).event === 'joined' && fieldsOf(msg).client === name);
    }
    send('facts', { battery: 'full' });
    assert.match(sentence(await runtime.next('caught')), /msg\.payload\.battery must be a finite number from 0 to 100/);
    send('facts', { battery: 20, link: 'lora' });
    runtime.send('agg', { topic: 'start' });
    await runtime.statusIs('agg', ({ text }) => text === '2/2 clients');
    send('facts', { battery: 90, link: 'lora' });
    await runtime.next('told', isFinal);
    assert.equal(fieldsOf(runtime.received('metrics')[0]).updates, 2);
  });

  it('predicts, the gateway judges: a board in a federation of anomalies answers and tells its errors as a gateway would', async () => {
    await run({
      model: { task: 'anomaly', labels: '', layers: [{ type: 'dense', units: 1, activation: 'linear' }] },
      dataset: { labelKind: 'none' },
      north: asBoard({}),
      aggregator: {
        rounds: '2',
        threshold: 'quantile',
        quantile: '0.95',
        wires: [['north-client', 'south-client', 'here', 'told'], ['metrics']],
      },
      more: [
        { id: 'here', z: 't', type: 'fl-predict', model: 'm', keep: false, wires: [['answers']] },
        sink('answers'),
      ],
    });
    await runtime.next('told', isFinal);
    const metrics = runtime.received('metrics').map(fieldsOf);
    const { samples, threshold } = metrics[1] as unknown as { samples: number; threshold: { samples: number } };
    // All rows of the board and of the gateway are behind it.
    assert.equal(threshold.samples, samples);
    const rows = [
      [50, 0],
      [5000, 40],
    ];
    for (const id of ['north-client', 'here']) runtime.send(id, { topic: 'predict', payload: rows });
    const [board, here] = [await runtime.next('predictions'), await runtime.next('answers')];
    assert.deepEqual(board.payload, here.payload);
    assert.deepEqual(
      (board.payload as Fields[]).map(({ anomaly }) => anomaly),
      [false, true],
    );
    assert.deepEqual(runtime.received('caught'), []);
  });

  /** One channel; mean and deviation of four readings: the two features of the pumps. */
  const feeling = (changes: Fields = {}): Fields =>
    asBoard({
      source: 'sensors',
      sensor: 'host',
      channels: '1',
      rate: '100',
      window: '4',
      hop: '4',
      features: 'mean, deviation',
      minSamples: '6',
      capacity: '12',
      ...changes,
    });

  it('learns from what its own sensor felt, by labels that come as messages', async () => {
    await run({
      dataset: { start: 'message' },
      north: feeling(),
      aggregator: { minClients: '1', quorum: '1', rounds: '10', epochs: '20' },
    });
    await runtime.statusIs('north-client', ({ text }) => text === '0/6 samples');
    const feel = async (heat: number, windows: number): Promise<void> => {
      for (let i = 0; i < windows; i++) {
        send(
          'readings',
          [heat, heat + 2, heat - 2, heat + i].map((x) => [x]),
        );
        await sleep(40);
      }
    };
    await feel(55, 1);
    send('label', 'cold');
    await feel(20, 4);
    send('label', 'hot');
    await feel(80, 3);
    send('label', '');
    await feel(50, 2);
    const labels = (): unknown[] =>
      runtime
        .received('events')
        .map(fieldsOf)
        .filter(({ event }) => event === 'window')
        .map(({ label }) => label);
    await runtime.next('told', isFinal);
    // Its rounds may be over before it has told of what it felt last.
    await runtime.next('events', () => labels().length >= 10);
    assert.deepEqual(labels().slice(0, 10), [
      undefined,
      'cold',
      'cold',
      'cold',
      'cold',
      'hot',
      'hot',
      'hot',
      undefined,
      undefined,
    ]);
    // Answered by the newest model.
    send('predict', [20, 2]);
    await runtime.next('predictions', (msg) => fieldsOf(msg).window === undefined);
    runtime.forget();
    await feel(20, 1);
    await feel(80, 1);
    await runtime.next('predictions', (msg) => fieldsOf(msg).label === 'hot');
    const predictions = runtime.received('predictions').map(fieldsOf);
    assert.deepEqual(
      predictions.map(({ label, round }) => [label, round]),
      [
        ['cold', 10],
        ['hot', 10],
      ],
    );
    send('label-last', 'hot');
    await runtime.statusIs('north-client', ({ text }) => text === '8 samples');
    const caught = runtime.received('caught').map(sentence);
    assert.deepEqual(caught, []);
    send('label', 'lukewarm');
    assert.match(sentence(await runtime.next('caught')), /lukewarm/);
    runtime.send('north-client', { payload: [1, 2], label: 'hot' });
    await runtime.next('caught', (msg) => /its own sensors/.test(sentence(msg)));
    send('forget');
    await runtime.statusIs('north-client', ({ text }) => text === '0/6 samples');
  });

  it('says why windows do not fit the model, and why a model does not fit the board', async () => {
    await run({ dataset: { start: 'message' }, north: feeling({ features: 'mean' }) });
    assert.match(sentence(await runtime.next('caught')), /A window gives 1 numbers, but the model takes 2/);
    await runtime.statusIs('north-client', ({ fill }) => fill === 'red');
    await runtime.close();
    await run({ dataset: { start: 'message' }, north: asBoard({ capacity: '100000' }) });
    const caught = await runtime.next('caught');
    assert.match(sentence(caught), /needs [\d,.]+ kB/);
    const status = await runtime.statusIs('north-client', ({ fill }) => fill === 'red');
    assert.deepEqual([status.text, status.shape], ['does not fit', 'ring']);
    const { fits, neededBytes, arenaBytes, mostRows } = await said('fit');
    assert.deepEqual(
      [fits, arenaBytes, Number(neededBytes) > 1e6, Number(mostRows) > 1000],
      [false, 131072, true, true],
    );
  });

  it('lets a port have one user, and names the other', async () => {
    const path = '/dev/no-such-port';
    const release = leasePort(path, 'the other one');
    try {
      await run({ dataset: { start: 'message' }, north: asBoard({ board: 'serial', port: path }) });
      assert.match(sentence(await runtime.next('caught')), /is used by "the other one"/);
      const used = await runtime.statusIs('north-client', ({ text }) => /used by/.test(text ?? ''));
      assert.deepEqual([used.text, used.fill], ['used by the other …', 'red']);
    } finally {
      release();
    }
    // By itself, when the other one has gone.
    await runtime.statusIs('north-client', ({ text, fill }) => text === 'board is away' && fill === 'red');
    await runtime.close();
    const serial = { id: 'serial', type: 'serial-port', name: 'the old sensor', serialport: path };
    await run({
      dataset: { start: 'message' },
      north: asBoard({ board: 'serial', port: path }),
      more: [serial],
    });
    await runtime.next('caught', (msg) => /is used by "the old sensor"/.test(sentence(msg)));
  });

  it('refuses what is meant for another kind of board', async () => {
    await run({ dataset: { start: 'message' }, north: asBoard() });
    await runtime.statusIs('north-client', ({ text }) => text === '0/16 samples');
    const refused: [Fields, RegExp][] = [
      [{ topic: 'readings', payload: [1] }, /no readings from the flow/],
      [{ topic: 'label', payload: 'hot' }, /msg\.label/],
      [{ topic: 'predict', payload: [1, 2] }, /no model yet/],
      [{ topic: 'accept-board' }, /virtual board is always the same/],
    ];
    for (const [msg, wanted] of refused) {
      runtime.send('north-client', { ...msg });
      await runtime.next('caught', (caught) => wanted.test(sentence(caught)));
    }
    await runtime.close();
    await run({ dataset: { start: 'message' }, north: asBoard({ board: 'serial', port: '/dev/no-such-port' }) });
    send('unplug');
    await runtime.next('caught', (caught) => /Only a virtual board/.test(sentence(caught)));
  });

  it('sixteen of them learn in one flow', async () => {
    const names = Array.from({ length: 16 }, (_, i) => `board-${i}`);
    const boards = names.map((name, i) => ({
      ...asBoard({ minSamples: '4', federation: 'pumps', model: 'm', persistent: 'false', client: `number ${i}` }),
      id: name,
      z: 't',
      type: 'fl-serial-device',
      wires: [['agg'], [], i === 0 ? ['events'] : []],
    }));
    const flow = boardFlow({
      aggregator: {
        minClients: '16',
        quorum: '16',
        rounds: '3',
        deadline: '60',
        wires: [[...names, 'told'], ['metrics']],
      },
      more: boards,
    }).filter(({ type }) => type !== 'fl-client' && type !== 'fl-dataset');
    runtime = await startRuntime(boardPalette, flow);
    for (const [i, name] of names.entries()) {
      for (let row = 0; row < 4; row++) {
        runtime.send(name, { payload: [40 + 5 * row + i, 0], label: row > 1 ? 'hot' : 'cold' });
      }
    }
    await runtime.next('told', isFinal);
    assert.deepEqual(
      runtime.received('metrics').map((msg) => fieldsOf(msg).updates),
      [16, 16, 16],
    );
  });
});
