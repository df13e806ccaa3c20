/** Personal models of boards: the same as those of clients with the same rows, to the bit. */
import assert from 'node:assert/strict';
import { type Changes, pumpFolder } from '../federation/factory';
import type { FlowItem, Received } from '../runtime';
import { type Runtime, startRuntime } from '../runtime';
import { asBoard, boardFlow, boardPalette, type Fields, fieldsOf } from './boards';

const own: FlowItem = { id: 'own', z: 't', type: 'sink', wires: [] };

describe('personal models of boards', () => {
  const pumps = pumpFolder();
  after(() => pumps.remove());
  let runtime: Runtime;
  afterEach(() => runtime.close());

  const run = async (north: Fields, changes: Changes = {}): Promise<void> => {
    const dataset = { file: `${pumps.folder}/pumps.csv` };
    const aggregator = { rounds: '3', epochs: '2' };
    runtime = await startRuntime(boardPalette, boardFlow({ dataset, aggregator, ...changes, north, more: [own] }));
  };
  const last = (): Promise<Received> => runtime.next('own', ({ fl }) => fl?.round === 4);
  const client = (settings: Fields): Fields => ({ ...settings, outputs: 3, wires: [['agg'], ['events'], ['own']] });
  const board = (settings: Fields): Fields =>
    asBoard({ ...settings, outputs: 4, wires: [['agg'], ['predictions'], ['events'], ['own']] });

  for (const settings of [
    { personal: 'fedper', privateLayers: '1' },
    { personal: 'fedrep', privateLayers: 'dense_2', personalEpochs: '2' },
    { personal: 'ditto', lambda: '0.3', personalEpochs: '2' },
    { personal: 'fine-tuning', personalEpochs: '2', personalRate: '0.05' },
  ]) {
    it(`${settings.personal}: bits, figures and the board's own predictions are those of the personal model`, async () => {
      await run(client(settings));
      const expected = await last();
      const isLast = (msg: Received): boolean => fieldsOf(msg).event === 'personal' && fieldsOf(msg).round === 3;
      await runtime.next('events', isLast);
      const figures = (): Fields[] =>
        runtime
          .received('events')
          .map(fieldsOf)
          .filter(({ event }) => event === 'personal')
          .map(({ round, global, personal }) => ({ round, global, personal }));
      const measured = figures();
      await runtime.close();
      await run(board(settings));
      const found = await last();
      assert.deepEqual(found.payload, expected.payload);
      assert.equal(found.fl?.personal, 'north');
      await runtime.next('events', isLast);
      assert.deepEqual(figures(), measured);
      assert.deepEqual(runtime.received('caught'), []);
      // What the weights of the message say of one row, by hand: 2-4-2, relu and softmax.
      runtime.send('north-client', { topic: 'predict', payload: [61, 0.5] });
      const { scores } = fieldsOf(await runtime.next('predictions')) as { scores: { hot: number } };
      const fl = found.fl as { normalisation: { mean: number[]; std: number[] } };
      const { mean, std } = fl.normalisation;
      const bytes = found.payload as Buffer;
      const w = Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
      const x = [61, 0.5].map((value, i) => (value - mean[i]) / std[i]);
      const hidden = [0, 1, 2, 3].map((h) => Math.max(0, w[h] * x[0] + w[4 + h] * x[1] + w[8 + h]));
      const [cold, hot] = [0, 1].map((c) =>
        hidden.reduce((sum, value, h) => sum + value * w[12 + 2 * h + c], w[20 + c]),
      );
      assert.ok(Math.abs(scores.hot - 1 / (1 + Math.exp(cold - hot))) < 1e-5);
    });
  }

  it('make their shorter updates of 8 bits themselves', async () => {
    await run(board({ personal: 'fedper', update: 'int8' }), { south: asBoard({ personal: 'fedper' }) });
    await last();
    const [{ bytesUp }] = runtime.received('metrics').map(fieldsOf);
    // dense_1 has 8 + 4 numbers; a byte each with two grids and the bits of the layers, and four each.
    assert.equal(bytesUp, 1 + 2 * 4 + 12 + 1 + 4 * 12);
  });

  it('refuse Per-FedAvg, with what to choose', async () => {
    await run(board({ personal: 'per-fedavg' }));
    const { error } = (await runtime.next('caught')) as Received & { error: { message: string } };
    assert.match(error.message, /Per-FedAvg: choose fedper, fedrep, ditto or fine-tuning/);
  });
});
