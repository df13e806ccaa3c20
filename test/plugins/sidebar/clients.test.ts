import assert from 'node:assert/strict';
import type { WatchedClient } from '../../../lib/federation/coordinator-parts';
import { clientsQuery, MOST_ROWS, pageOf } from '../../../plugins/sidebar/clients';

const many: WatchedClient[] = Array.from({ length: 1000 }, (_, i) => ({
  client: `board-${i}`,
  samples: 10,
  away: false,
  silentMs: i,
  loss: i % 100,
}));
const names = (query: Record<string, unknown>, registry = many): string[] =>
  pageOf(registry, clientsQuery(query)).rows.map(({ client }) => client);

describe('The clients in sight', () => {
  it('are those of a window in a thousand, in the order of their numbers', () => {
    const page = pageOf(many, clientsQuery({ from: '9', count: '3' }));
    assert.equal(page.total, 1000);
    assert.deepEqual([page.from, page.rows.map(({ client }) => client)], [9, ['board-9', 'board-10', 'board-11']]);
  });

  it('are the last ones when the window begins behind the end', () => {
    assert.deepEqual(names({ from: '100000', count: '2' }), ['board-998', 'board-999']);
    assert.deepEqual(names({ from: '10', count: '5' }, many.slice(0, 2)), ['board-0', 'board-1']);
    assert.deepEqual(names({}, []), []);
  });

  it('are found by a part of their name, in small or capital letters', () => {
    const page = pageOf(many, clientsQuery({ find: 'BOARD-99', count: '200' }));
    assert.equal(page.total, 11);
    assert.equal(page.rows[0].client, 'board-99');
  });

  it('can begin with the longest silence: before all, who was never heard', () => {
    const registry: WatchedClient[] = [...many, { client: 'new', samples: 0, away: false }];
    assert.deepEqual(names({ order: 'silence', count: '3' }, registry), ['new', 'board-999', 'board-998']);
  });

  it('can begin with the highest loss; last, who told none', () => {
    const registry: WatchedClient[] = [{ client: 'a', samples: 1, away: false }, ...many.slice(97, 100)];
    assert.deepEqual(names({ order: 'loss' }, registry), ['board-99', 'board-98', 'board-97', 'a']);
  });

  it('are never more than a few screens, whatever is asked', () => {
    assert.equal(names({ count: '1000000' }).length, MOST_ROWS);
    for (const count of ['-1', 'NaN', '', '1.5', 'x', ['3'], { a: 1 }]) assert.equal(names({ count }).length, 50);
    assert.equal(clientsQuery({ find: ['x'], order: '__proto__', from: '-5' }).from, 0);
    assert.deepEqual(clientsQuery({ order: '__proto__' }), { find: '', order: 'name', from: 0, count: 50 });
  });
});
