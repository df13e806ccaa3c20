/** The rows that all clients have: one order and one name, however they came. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { publicRows } from '../../../lib/distillation';
import { generator, shuffle } from '../../../lib/random/generator';

const WIDTH = 3;
const random = generator(3, 'public-rows');
const rows = Array.from({ length: 40 }, () => Array.from({ length: WIDTH }, () => Math.fround(random.normal())));
const blockOf = (list: number[][], targets: number[] = []) => ({
  features: Float32Array.from(list.flat()),
  targets: Float32Array.from(targets),
  count: list.length,
});

describe('public rows', () => {
  const whole = publicRows(blockOf(rows), WIDTH);

  it('are named by SHA-256 over width, count and rows in the order of their bits', () => {
    const word = (value: number): number => {
      const bytes = Buffer.alloc(4);
      bytes.writeFloatBE(value);
      return bytes.readUInt32BE();
    };
    const order = [...rows].sort((a, b) => {
      const at = a.findIndex((value, i) => value !== b[i]);
      return word(a[at]) - word(b[at]);
    });
    const bytes = Buffer.alloc(8 + 4 * WIDTH * rows.length);
    bytes.writeUInt32LE(WIDTH, 0);
    bytes.writeUInt32LE(rows.length, 4);
    for (const [i, value] of order.flat().entries()) bytes.writeFloatLE(value, 8 + 4 * i);
    assert.equal(whole.digest, createHash('sha256').update(bytes).digest('hex').slice(0, 16));
    assert.deepEqual([...whole.features], order.flat());
    assert.equal(whole.count, rows.length);
  });

  it('are the same in any order, and when some come twice', () => {
    for (let trial = 0; trial < 20; trial++) {
      const mixed = shuffle([...rows, ...rows.slice(trial)], generator(trial, 'mixed'));
      assert.deepEqual(publicRows(blockOf(mixed), WIDTH), whole);
    }
  });

  it('keep their labels, which have no part in the name; of equal rows the least label counts', () => {
    const targets = rows.map((_, i) => i % 5);
    const labelled = publicRows(blockOf([...rows, rows[7]], [...targets, 0]), WIDTH);
    assert.equal(labelled.digest, whole.digest);
    const back = publicRows(blockOf([rows[7], ...rows], [0, ...targets]), WIDTH);
    assert.deepEqual(back, labelled);
    for (const [i, row] of rows.entries()) {
      const at = Array.from({ length: labelled.count }, (_, k) => k).find((k) =>
        row.every((value, j) => labelled.features[k * WIDTH + j] === value),
      );
      assert.equal(labelled.targets[at ?? -1], i === 7 ? 0 : targets[i]);
    }
  });

  it('have another name when a bit, the width or their number is another one', () => {
    const nudged = rows.map((row, i) => (i === 11 ? [row[0], row[1], row[2] * (1 + 2 ** -23)] : row));
    const names = [
      whole.digest,
      publicRows(blockOf(nudged), WIDTH).digest,
      publicRows(blockOf(rows.slice(1)), WIDTH).digest,
      publicRows({ features: Float32Array.from(rows.flat()), targets: new Float32Array(), count: 120 }, 1).digest,
      publicRows(blockOf([]), WIDTH).digest,
      publicRows(blockOf([]), 4).digest,
    ];
    assert.equal(new Set(names).size, names.length);
  });

  it('know one zero', () => {
    assert.equal(publicRows(blockOf([[-0, 0, 1]]), 3).digest, publicRows(blockOf([[0, -0, 1]]), 3).digest);
    assert.equal(
      publicRows(
        blockOf([
          [-0, 1],
          [0, 1],
        ]),
        2,
      ).count,
      1,
    );
  });

  it('are refused when they are no rows', () => {
    const good = blockOf(rows);
    const wrong = [
      { ...good, count: 39 },
      { ...good, count: 40.5 },
      { ...good, count: -1 },
      { ...good, features: good.features.subarray(1) },
      { ...good, targets: new Float32Array(39) },
      { ...good, targets: new Float32Array(40).fill(Number.NaN) },
      { ...good, features: good.features.map((value, i) => (i === 50 ? Number.POSITIVE_INFINITY : value)) },
    ];
    for (const block of wrong) assert.throws(() => publicRows(block, WIDTH), { code: 'public-rows' });
    for (const width of [0, -3, 1.5, Number.NaN]) {
      assert.throws(() => publicRows(good, width), { code: 'public-rows' });
    }
  });
});
