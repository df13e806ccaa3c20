export { backboneOf, createEmbedder, type EmbedJob, type EmbedResult } from './backbone';
export type {
  AdversarialOptions,
  Engine,
  EvasionJob,
  EvasionOptions,
  EvasionResult,
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
export { type EngineChoice, type EngineSources, plannedEngine, type Selection, selectEngine } from './select';
export { createTfjsEngine, type TfjsEngine } from './tfjs/engine';
