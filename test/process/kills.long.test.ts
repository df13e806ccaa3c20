import assert from 'node:assert/strict';
import { killSeries } from './kills';

describe('a Node-RED that is killed fifty times while it learns', function () {
  this.timeout(900_000);

  it('goes on from the last finished round, and never forgets what privacy was spent', async () => {
    const { rounds, epsilon } = await killSeries(50, 1);
    console.log(`    ${rounds} rounds, epsilon ${epsilon.toFixed(1)}`);
    assert.ok(rounds >= 17, `${rounds} rounds in 51 lives`);
  });
});
