export { type AnomalyFigures, type AnomalyTruth, anomalyFigures } from './anomalies';
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
export { evaluateLabels, type LabelFigures, type MultiLabel } from './multi-label';
export {
  decodeSketch,
  encodeSketch,
  mergeSketches,
  type QuantileSketch,
  SKETCH_ERROR,
  sketchOf,
  sketchQuantile,
} from './quantile-sketch';
export { averagePrecision, rocAuc } from './ranking';
export { reconstructionErrors } from './reconstruction';
export { meanAbsoluteError, rootMeanSquaredError, rSquared } from './regression';
