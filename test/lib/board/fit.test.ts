import assert from 'node:assert/strict';
import { fitOf } from '../../../lib/board/fit';
import { defaultModel } from '../../../lib/model';
import type { RefusedError } from '../../../lib/refused';
import { bench } from './federated';
import { inTime } from './virtual-time';

const spec = defaultModel({ task: 'classify', input: [33], labels: ['a', 'b', 'c', 'd'], seed: 1 });
const training = { batchSize: 16, optimizer: 'sgd' as const };
const ARENA = 128 * 1024;

describe('whether a model fits a board', () => {
  it('is said before anything is sent, with what would fit', async () => {
    const one = bench(spec, training, 5000);
    const refused = inTime(one.clock, one.board.use(one.model));
    await assert.rejects(refused, {
      code: 'board-memory',
      message:
        /^The model needs \d+ kB of the board's 128 kB: keep at most \d+ samples, or make its layers or the batch smaller\.$/,
    });
    assert.equal(one.board.rows.capacity, 0);
    await one.close();
  });

  it('is what the board itself says: as many rows as were named fit', async () => {
    const { mostRows } = fitOf(bench(spec, training, 1).model, 1, ARENA);
    const one = bench(spec, training, mostRows);
    const fit = await inTime(one.clock, one.board.use(one.model));
    assert.deepEqual(fit, fitOf(one.model, mostRows, ARENA));
    assert.ok(fit.fits && fit.neededBytes <= ARENA);
    // A row is 33 numbers, a class and its place in the order; 4 kB are left free for windows of sensors.
    assert.ok(fit.neededBytes > ARENA - 4096 - 64 - 4 * 35);
    one.add(mostRows);
    await inTime(one.clock, one.board.bankChanged());
    assert.deepEqual(one.board.rows, { held: mostRows, capacity: mostRows });
    await one.close();
  });

  it('says how many bytes a vector of the strategy is too many', async () => {
    const { mostRows } = fitOf(bench(spec, training, 1).model, 1, ARENA);
    // The 4 kB that are left for windows, filled with rows of 140 bytes.
    const one = bench(spec, training, mostRows + 29);
    const { neededBytes } = await inTime(one.clock, one.board.use(one.model));
    const vector = 16 * Math.ceil((4 * one.model.layout.size) / 16);
    const missing = neededBytes + vector - ARENA;
    assert.ok(missing > 0);
    const sentence =
      /^The model with the control vector of its training needs 1[23]\d kB of the board's 128 kB, (\d+) bytes too many: keep at most (\d+) samples, or make its layers or the batch smaller, or choose a strategy that needs no such vector\.$/;
    await assert.rejects(
      inTime(one.clock, one.board.use({ ...one.model, vectors: { control: true } })),
      (error: RefusedError) => {
        const [, bytes, rows] = sentence.exec(error.message) ?? [];
        assert.deepEqual([error.code, Number(bytes)], ['board-memory', missing]);
        assert.ok(Number(rows) < mostRows && Number(rows) > mostRows - vector / 100);
        return true;
      },
    );
    await one.close();
  });

  it('is refused for a model that the core cannot train', () => {
    const model = bench(spec, training, 1).model;
    const foreign = { ...spec, layers: [{ type: 'foreign' as const, className: 'LSTM', config: {} }, ...spec.layers] };
    assert.throws(() => fitOf({ ...model, spec: foreign as typeof spec }, 10, ARENA), { name: 'RefusedError' });
  });
});
