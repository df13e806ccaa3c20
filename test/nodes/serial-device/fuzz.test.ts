/** Thousands of hostile messages to a board's node, and hostile settings: nothing crashes, and it goes on learning. */
import assert from 'node:assert/strict';
import { setImmediate as afterEvents, setTimeout as sleep } from 'node:timers/promises';
import { deviceOptions } from '../../../nodes/serial-device/options';
import type { FlowNode, Settings } from '../../../nodes/shared/red';
import { pumpFolder } from '../federation/factory';
import { floats } from '../messages';
import { isPolluted, mutated } from '../mutate';
import { type Runtime, startRuntime } from '../runtime';
import { asBoard, boardFlow, boardPalette, fieldsOf, headerOf, isFinal, isModel } from './boards';

/** FL_FUZZ=100000 for the long run. */
const COUNT = Number(process.env.FL_FUZZ ?? 3000);

describe('hostile messages to a board', () => {
  const pumps = pumpFolder();
  after(() => pumps.remove());
  let runtime: Runtime;
  afterEach(() => runtime.close());

  it('leave it able to answer', async () => {
    runtime = await startRuntime(
      boardPalette,
      boardFlow({ dataset: { file: `${pumps.folder}/pumps.csv` }, north: asBoard(), aggregator: { rounds: '2' } }),
    );
    const asked = await runtime.next('told', isModel);
    await runtime.next('told', isFinal);
    const told = runtime.received('told').slice(0, 20);
    const good = [
      ...told.map(({ fl, payload }) => ({ fl, payload })),
      { payload: { heat: 1, noise: 2 }, label: 'cold' },
      { topic: 'predict', payload: [1, 2] },
      { topic: 'predict', payload: [{ heat: 1, noise: 2 }] },
      { topic: 'readings', payload: [[1, 2, 3]] },
      { topic: 'label', payload: 'hot' },
      { topic: 'unplug' },
      { topic: 'plug' },
      {
        fl: { kind: 'samples', count: 1, width: 2, targets: 1, classes: ['cold', 'hot'], split: 'train' },
        payload: floats([1, 2, 1]),
      },
    ];
    let sent = 0;
    for (const msg of mutated(good, COUNT, 21)) {
      runtime.send('north-client', msg);
      if (++sent % 100 === 0) await afterEvents();
      if (sent % 1000 === 0) runtime.forget();
    }
    await sleep(100);
    assert.equal(isPolluted(), false);
    runtime.send('north-client', { topic: 'plug' });
    await runtime.statusIs('north-client', ({ fill }) => fill !== 'red');
    runtime.forget();
    const fl = { ...headerOf(asked), attempt: 'afterwards', cohort: ['north'], round: 9 };
    runtime.send('north-client', { ...asked, fl });
    // Among the mutants were samples of huge numbers, from which it may say that nothing can be learned; but it answers.
    await runtime.next(
      'events',
      (msg) => ['trained', 'declined'].includes(String(fieldsOf(msg).event)) && fieldsOf(msg).round === 9,
    );
  }).timeout(600_000);
});

describe('hostile settings of a board', () => {
  it('are refused with a sentence or read', () => {
    const good = [
      asBoard({ name: 'north', minSamples: '16' }),
      asBoard({ board: 'serial', port: '/dev/ttyACM0', boardId: 'ab'.repeat(16) }),
      asBoard({
        source: 'sensors',
        sensor: 'host',
        channels: '3',
        rate: '50',
        window: '9',
        hop: '3',
        features: 'mean',
      }),
    ];
    let refused = 0;
    for (const settings of mutated(good, COUNT, 22)) {
      try {
        deviceOptions(settings as Settings, { id: 'n' } as FlowNode);
      } catch (error) {
        assert.equal((error as Error).name, 'RefusedError', String((error as Error).stack));
        refused++;
      }
    }
    assert.ok(refused > 0);
    assert.equal(isPolluted(), false);
  });
});
