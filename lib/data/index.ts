export type { Row } from './cell';
export { type ClassWeighting, classWeightsOf } from './class-weights';
export { divide, surveyNeed } from './clients/division';
export { type ClientSpec, clientName, type Division, type Survey } from './clients/spec';
export { splitBlock } from './clients/split-block';
export { type Condition, OPERATORS, type Operator } from './condition';
export { type CsvOptions, type CsvReport, emptyReport, readCsv } from './csv';
export { type FilePolicy, openDataFile, resolveDataFile } from './data-file';
export {
  type Batcher,
  batcher,
  type DatasetSpec,
  readBatches,
  requiredColumns,
  type SampleBatch,
  surveyRows,
} from './dataset';
export { FEATURE_KINDS, type FeatureKind, type FeatureSpec } from './features';
export { type ClientCounts, labelCounter, labelCountsOf } from './label-counts';
export type { LabelSpec } from './labels';
export {
  checkStatistics,
  decodeStatistics,
  denormalise,
  encodeStatistics,
  normalise,
  poolStatistics,
  statisticsOf,
} from './normalisation';
export { type BankOptions, type BankState, type Eviction, type SampleBank, sampleBank } from './sample-bank';
export { type BankStore, loadBank, saveBank } from './sample-bank-file';
export { meaningOf, type SampleShape, samplesFrom, shapeOf, type UserMessage } from './sample-input';
export { decodeSamples, encodeSamples, type SamplesInfo } from './samples-message';
export { type HoldOutSpec, holdOut, type Split } from './split';
export { type ClientUnlikeness, type Distances, labelDistances, type Unlikeness, unlikeness } from './unlikeness';
export { type MissingPolicy, type Sample, type SampleMaker, sampleMaker, type WindowSpec } from './windows';
