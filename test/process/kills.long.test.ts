import assert from 'node:assert/strict';
import { cameraKills, groupsThatPart, groupsWithLiar } from './camera-kills';
import { maskedKills } from './masked-kills';
import { privateKills, treeKills } from './private-kills';
import { voiceKills } from './voice-kills';

describe('a Node-RED that is killed fifty times while it learns', function () {
  this.timeout(900_000);

  it('goes on from the last finished round, and never forgets what privacy was spent', async () => {
    const { rounds, epsilon } = await privateKills(50, 1);
    console.log(`    ${rounds} rounds, epsilon ${epsilon.toFixed(1)}`);
    assert.ok(rounds >= 17, `${rounds} rounds in 51 lives`);
  });

  it('goes on in its tree of noise, and each client has paid for its rounds (twenty times)', async () => {
    const { rounds, epsilon } = await treeKills(20, 5);
    console.log(`    ${rounds} rounds, epsilon ${epsilon.toFixed(1)}`);
  });

  it('keeps groups, evidence and quarantine (twenty times)', async () => {
    const { rounds } = await cameraKills(groupsWithLiar, { kills: 20, seed: 1 });
    console.log(`    ${rounds} rounds`);
  });

  it('keeps groups that part, and the way there (twenty times)', async () => {
    const { rounds } = await cameraKills(groupsThatPart, { kills: 20, seed: 2 });
    console.log(`    ${rounds} rounds`);
  });

  it('keeps the networks that members of a federation of predictions have of their own (twenty times)', async () => {
    const { rounds } = await voiceKills({ kills: 20, seed: 3 });
    console.log(`    ${rounds} rounds`);
  });

  it('opens no mask twice, and makes other keys each time (twenty times)', async () => {
    const { rounds } = await maskedKills({ kills: 20, seed: 4 });
    console.log(`    ${rounds} rounds`);
  });
});
