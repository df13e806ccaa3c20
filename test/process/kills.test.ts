import assert from 'node:assert/strict';
import { killSeries } from './kills';

describe('a Node-RED that is killed while it learns', function () {
  this.timeout(120_000);

  it('goes on where it was, four times (fifty in npm run test:process)', async () => {
    const { rounds } = await killSeries(4, 7);
    assert.ok(rounds >= 2);
  });
});
