export {
  type Accountant,
  bestEpsilon,
  centralEpsilon,
  centralSigma,
  localEpsilon,
  noiseMultiplierFor,
  type Plan,
  rdpEpsilon,
} from './accountant';
export { centralEvent, holdToNorm } from './central';
export { type Clipped, clipToNorm } from './clip';
export { distributedEvent, distributedSigma } from './distributed';
export type { ExponentialEvent, GaussianEvent, PrivacyEvent, TreeEvent } from './events';
export { rdpExponential } from './exponential';
export { analyticSigma, classicSigma, gaussianDelta, gaussianEpsilon } from './gaussian';
export { gdpEpsilon } from './gdp';
export {
  charge,
  type Ledger,
  newLedger,
  parseLedger,
  released,
  releasesLeft,
  requireBudget,
  spent,
  withBudget,
} from './ledger';
export { localEvent, privatise } from './local';
export { addNoise, type NormalSource, seededNoise, systemNoise } from './noise';
export { addNoiseOf, type NoiseJob, type Noising } from './noising';
export { type NoiseWish, type PlannedNoise, type PrivacyPlan, plannedNoise, type TreeTerms } from './plan';
export { type LossEvent, pldEpsilon } from './pld';
export * from './secure/index';
export { levelsFor, type TreePlan, treeEpsilon, treeSensitivity } from './tree';
