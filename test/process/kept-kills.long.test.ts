import { cameraKills, groupsThatPart, groupsWithLiar } from './camera-kills';
import { voiceKills } from './voice-kills';

describe('a Node-RED that is killed twenty times while it learns', function () {
  this.timeout(1_800_000);

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
});
