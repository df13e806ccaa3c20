import assert from 'node:assert/strict';
import { toyFederation } from './toy';

describe('a federation in one process', () => {
  it('learns what no client could see alone, and ends with the model for everybody', async () => {
    const toy = await toyFederation({
      clients: ['a', 'b', 'c', 'd'],
      options: { rounds: 30, minClients: 4, quorum: 3 },
    });
    await toy.settle();
    assert.deepEqual(toy.refused, []);
    assert.equal(toy.metrics.length, 30);
    assert.deepEqual(
      toy.metrics.map(({ round }) => round),
      Array.from({ length: 30 }, (_, i) => i + 1),
    );
    const last = toy.metrics.at(-1);
    assert.ok(last?.loss !== undefined && last.loss < 0.05, `loss ${last?.loss}`);
    const end = toy.sent.at(-1)?.fl;
    assert.ok(end?.kind === 'model' && end.round === 31 && end.cohort.length === 0);
    assert.equal(toy.clock.waiting, 0);
    await toy.close();
  });
});
