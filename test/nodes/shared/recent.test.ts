import assert from 'node:assert/strict';
import { createRecent, RECENT } from '../../../nodes/shared/recent';

interface Item {
  round: number;
  bytes: number;
}
const joined = (before: Item, { round, bytes }: Item): Item => ({ round, bytes: before.bytes + bytes });

describe('The last rounds', () => {
  it('are as many as a chart shows, however long a federation runs', () => {
    const recent = createRecent<Item>(joined);
    for (let round = 1; round <= 5 * RECENT; round++) recent.take({ round, bytes: 1 });
    assert.equal(recent.items().length, RECENT);
    assert.deepEqual([recent.items()[0].round, recent.items().at(-1)?.round], [4 * RECENT + 1, 5 * RECENT]);
  });

  it('have one entry for a round that was asked again', () => {
    const recent = createRecent<Item>(joined);
    for (const bytes of [10, 20, 30]) recent.take({ round: 7, bytes });
    assert.deepEqual(recent.items(), [{ round: 7, bytes: 60 }]);
  });

  it('begin anew with a federation that does', () => {
    const recent = createRecent<Item>(joined);
    for (const round of [1, 2, 3, 1]) recent.take({ round, bytes: 1 });
    assert.deepEqual(recent.items(), [{ round: 1, bytes: 1 }]);
  });
});
