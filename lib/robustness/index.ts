export type { Amplification, Robustness, RobustnessJob, UnderAttack } from './job';
export { measureRobustness } from './measure';
