import assert from 'node:assert/strict';
import { cameraKills, groupsWithLiar } from './camera-kills';
import { maskedKills } from './masked-kills';
import { privateKills, treeKills } from './private-kills';
import { voiceKills } from './voice-kills';

describe('a Node-RED that is killed while it learns', function () {
  this.timeout(900_000);

  it('goes on where it was, four times (fifty in npm run test:process)', async () => {
    const { rounds } = await privateKills(4, 7);
    assert.ok(rounds >= 2);
  });

  it('goes on in its tree of noise, and each client has paid for its rounds', async () => {
    const { rounds } = await treeKills(3, 20);
    assert.ok(rounds >= 2);
  });

  it('keeps who is in which group, what speaks against a liar and that it is in quarantine', async () => {
    await cameraKills(groupsWithLiar, { kills: 3, seed: 3 });
  });

  it('keeps the networks that members of a federation of predictions have of their own', async () => {
    await voiceKills({ kills: 3, seed: 5 });
  });

  it('opens no mask twice, and makes other keys each time', async () => {
    const { rounds } = await maskedKills({ kills: 3, seed: 19 });
    assert.ok(rounds >= 2);
  });
});
