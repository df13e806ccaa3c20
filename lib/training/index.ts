export type {
  Engine,
  Normalisation,
  Optimizer,
  PredictJob,
  PredictResult,
  Progress,
  SampleBlock,
  TrainingOptions,
  TrainJob,
  TrainResult,
} from './engine';
export { createPool, type JobControl, type Pool, type PoolOptions } from './pool';
