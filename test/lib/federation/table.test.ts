import assert from 'node:assert/strict';
import { countIn, emptyTable, entries, get, mapTable, put, type Table } from '../../../lib/federation/table';
import { generator } from '../../../lib/random/generator';

describe('table', () => {
  it('agrees with a Map over many random puts, and leaves the tables before as they were', () => {
    const random = generator(3, 'table');
    const map = new Map<string, number>();
    let table: Table<number> = emptyTable();
    const kept: [Table<number>, number][] = [];
    for (let i = 0; i < 5000; i++) {
      const id = `client-${random.below(1500)}`;
      map.set(id, i);
      table = put(table, id, i);
      assert.equal(table.size, map.size);
      if (i % 500 === 0) kept.push([table, map.size]);
    }
    for (const [id, value] of map) assert.equal(get(table, id), value);
    assert.equal(get(table, 'client-1500'), undefined);
    assert.deepEqual(
      entries(table),
      [...map].sort(([a], [b]) => (a < b ? -1 : 1)),
    );
    for (const [before, size] of kept) assert.equal(entries(before).length, size);
    assert.equal(
      countIn(table, (value) => value % 3 === 0),
      [...map.values()].filter((value) => value % 3 === 0).length,
    );
  });

  it('takes ids that mean something to objects', () => {
    let table: Table<number> = emptyTable();
    for (const [i, id] of ['__proto__', 'constructor', 'toString', '', 'ä', '\ud83d\ude00'].entries()) {
      assert.equal(get(table, id), undefined);
      table = put(table, id, i);
      assert.equal(get(table, id), i);
    }
    assert.equal(table.size, 6);
  });

  it('survives JSON and a change of all values', () => {
    let table: Table<number> = emptyTable();
    for (let i = 0; i < 300; i++) table = put(table, `p${i}`, i);
    const back: Table<number> = JSON.parse(JSON.stringify(table));
    assert.deepEqual(entries(back), entries(table));
    assert.deepEqual(entries(put(back, 'p300', 300)).length, 301);
    const doubled = mapTable(table, (value, id) => `${id}:${2 * value}`);
    assert.equal(get(doubled, 'p7'), 'p7:14');
    assert.equal(doubled.size, 300);
  });

  it('spreads ids that count up: no bucket holds many', () => {
    let table: Table<number> = emptyTable();
    for (let i = 0; i < 10_000; i++) table = put(table, `plant-${i}`, i);
    const sizes = table.branches.flat().map((bucket) => bucket.length);
    // 10,000 over 4,096 buckets: 2.4 on average; a Poisson bucket above 16 has a chance below 1e-8.
    assert.ok(Math.max(...sizes) <= 16, `${Math.max(...sizes)} ids in one bucket`);
  });
});
