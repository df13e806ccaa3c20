import assert from 'node:assert/strict';
import { maskedKills } from './masked-kills';
import { privateKills, treeKills } from './private-kills';

describe('a Node-RED that is killed fifty times while it learns', function () {
  this.timeout(1_800_000);

  it('goes on from the last finished round, and never forgets what privacy was spent', async () => {
    const { rounds, epsilon } = await privateKills(50, 1);
    console.log(`    ${rounds} rounds, epsilon ${epsilon.toFixed(1)}`);
    assert.ok(rounds >= 17, `${rounds} rounds in 51 lives`);
  });

  it('goes on in its tree of noise, and each client has paid for its rounds (twenty times)', async () => {
    const { rounds, epsilon } = await treeKills(20, 5);
    console.log(`    ${rounds} rounds, epsilon ${epsilon.toFixed(1)}`);
  });

  it('opens no mask twice, and makes other keys each time (twenty times)', async () => {
    const { rounds } = await maskedKills({ kills: 20, seed: 4 });
    console.log(`    ${rounds} rounds`);
  });
});
