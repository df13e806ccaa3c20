import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import {
  decodeStatistics,
  denormalise,
  encodeStatistics,
  normalise,
  poolStatistics,
  statisticsOf,
} from '../../../lib/data/normalisation';
import { generator } from '../../../lib/random/generator';

const block = (rows: number[][]) => ({
  features: Float32Array.from(rows.flat()),
  targets: new Float32Array(0),
  count: rows.length,
});

describe('federated normalisation', () => {
  it('sends count, sums and sums of squares', () => {
    assert.deepEqual(
      [
        ...statisticsOf(
          block([
            [1, -2],
            [3, 4],
          ]),
          2,
        ),
      ],
      [2, 4, 2, 10, 20],
    );
  });

  it('pools to the mean and deviation of all rows together (two-pass, over them all)', () => {
    const random = generator(1, 'rows');
    const rows = Array.from({ length: 999 }, () => [
      9046 + 20 * random.normal(),
      1e-3 * random.normal(),
      2388 + 0.07 * random.normal(),
    ]);
    const { mean, std } = poolStatistics(
      [block(rows.slice(0, 10)), block(rows.slice(10, 700)), block(rows.slice(700))].map((b) => statisticsOf(b, 3)),
      3,
    );
    for (let j = 0; j < 3; j++) {
      const column = rows.map((row) => Math.fround(row[j]));
      const centre = column.reduce((a, b) => a + b) / column.length;
      const deviation = Math.sqrt(column.reduce((a, b) => a + (b - centre) ** 2, 0) / column.length);
      assert.ok(Math.abs(mean[j] - centre) < 1e-9 * Math.max(1, Math.abs(centre)));
      assert.ok(Math.abs(std[j] / deviation - 1) < 1e-6, `${std[j]} for ${deviation}`);
    }
  });

  it('gives the same bits whatever the order of the clients', () => {
    const random = generator(2, 'order');
    const list = Array.from({ length: 9 }, () => statisticsOf(block([[random.normal() * 1e6], [random.normal()]]), 1));
    assert.deepEqual(poolStatistics(list, 1), poolStatistics([...list].reverse(), 1));
  });

  it('gives a feature that never changes the deviation 1', () => {
    for (const constant of [0, 0.1, 642.35, 1e7]) {
      const list = [3, 1000].map((n) => statisticsOf(block(Array.from({ length: n }, () => [constant])), 1));
      const { mean, std } = poolStatistics(list, 1);
      assert.equal(std[0], 1);
      assert.ok(Math.abs(mean[0] - Math.fround(constant)) <= 1e-12 * constant);
    }
  });

  it('undoes what it does', () => {
    const rows = Float32Array.from([1, 20, 3, 40]);
    const n = { mean: [2, 30], std: [1, 10] };
    assert.deepEqual([...normalise(rows, n)], [-1, -1, 1, 1]);
    assert.deepEqual(denormalise(normalise(rows, n), n), rows);
  });

  it('travels as float64 bytes', () => {
    const statistics = statisticsOf(block([[0.1, 2]]), 2);
    const payload = encodeStatistics(statistics);
    assert.equal(payload.length, 40);
    assert.equal(payload.readDoubleLE(8), Math.fround(0.1));
    assert.deepEqual(decodeStatistics(payload, 2), statistics);
  });

  it('refuses what no rows could have given', () => {
    const hostile: number[][] = [
      [-1, 0, 0],
      [1.5, 0, 0],
      [1e300, 0, 0],
      [2, Number.NaN, 1],
      [2, 1, Number.POSITIVE_INFINITY],
      [2, 0, -1],
      [0, 5, 5],
      [2, 10, 1],
      [2, 1],
    ];
    for (const numbers of hostile) {
      assert.throws(
        () => poolStatistics([Float64Array.from(numbers)], 1),
        { name: 'RefusedError', code: 'statistics' },
        String(numbers),
      );
    }
    assert.throws(() => decodeStatistics(Buffer.alloc(23), 1), { code: 'statistics' });
    assert.throws(() => poolStatistics([], 1), { message: /No client has a sample/ });
    assert.throws(() => poolStatistics([new Float64Array(3)], 1), { message: /No client has a sample/ });
  });
});
