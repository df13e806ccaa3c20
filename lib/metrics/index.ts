export {
  accuracy,
  argmaxRows,
  type ClassScores,
  classScores,
  confusionMatrix,
  logLoss,
  macroScores,
} from './classification';
export {
  type Classification,
  type Evaluation,
  evaluateClasses,
  evaluateNumbers,
  evaluateReconstruction,
  type Regression,
} from './evaluation';
export { averagePrecision, rocAuc } from './ranking';
export { meanAbsoluteError, rootMeanSquaredError, rSquared } from './regression';
