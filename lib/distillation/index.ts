export { agreementOf } from './agreement';
export { type Consensus, type ConsensusWish, consensusModel, consensusOf } from './consensus-model';
export {
  type DistillLearner,
  type DistillParts,
  distillLearner,
  type Learned,
  type OwnNetwork,
} from './distill-learner';
export { checkSameLabels, logitsOf, softened, softTargets } from './logits';
export { type DistillOptions, distillOptions, type TeachOptions, teachOptions, updateCounts } from './options';
export { checkPair } from './pair';
export { type PublicRows, publicRows } from './public-rows';
export { decodeDistilled, encodeDistilled } from './state';
export { otherRows, type StudentJob, saysSomething, studentOf } from './student';
export { studentMessage } from './student-message';
export {
  normalisationOf,
  ownNormalisation,
  type Taught,
  type TeachJob,
  teach,
  type Watch,
  type WatchedTrain,
} from './teach';
