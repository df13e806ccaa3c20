export { attackBlock, type SamplesAttack } from './attack-samples';
export { type Attacked, drawAttacked, isAttacked } from './attacked';
export { stampRows, type Trigger } from './backdoor';
export { largestZ } from './little-is-enough';
export { type AttackName, type AttackOptions, attackNames, attacks, checkAttack } from './options';
export { createRedTeam, type Passed, type RedTeam, type RedTeamParts } from './red-team';
