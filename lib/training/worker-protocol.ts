/** What crosses between the pool and its workers. */
import type { PublicRows } from '../distillation/public-rows';
import type { ExportJob, ExportResult } from '../export/job';
import type { Ledger } from '../privacy/ledger';
import type { NoiseJob } from '../privacy/noising';
import type { NoiseWish, PlannedNoise, PrivacyPlan } from '../privacy/plan';
import type { RuleOptions } from '../robust/options';
import type { Combined, RuleInput } from '../robust/rule';
import type { Robustness, RobustnessJob } from '../robustness/job';
import type { EmbedJob, EmbedResult } from './backbone';
import type {
  EvasionJob,
  EvasionResult,
  PredictJob,
  PredictResult,
  SampleBlock,
  TrainJob,
  TrainResult,
} from './engine';
import type { EngineChoice } from './select';

/** One Int32, in memory shared with a thread: not 0 means stop. */
export type StopFlag = Int32Array;

export interface WorkerMethods {
  train(job: TrainJob, engine: EngineChoice, stop: StopFlag): Promise<TrainResult>;
  predict(job: PredictJob, engine: EngineChoice, stop: StopFlag): Promise<PredictResult>;
  evade(job: EvasionJob, engine: EngineChoice, stop: StopFlag): Promise<EvasionResult>;
  embed(job: EmbedJob, stop: StopFlag): Promise<EmbedResult>;
  /** `vectors` in shared memory; the result is count x count. */
  squaredDistances(vectors: readonly Float32Array[], stop: StopFlag): Promise<Float64Array>;
  robustness(job: RobustnessJob, engine: EngineChoice, stop: StopFlag): Promise<Robustness>;
  /** The vectors of the input, and its root, in shared memory. */
  combine(rule: RuleOptions, input: RuleInput, stop: StopFlag): Promise<Combined>;
  publicRows(block: SampleBlock, width: number, stop: StopFlag): Promise<PublicRows>;
  plannedNoise(plan: PrivacyPlan, wish: NoiseWish, stop: StopFlag): Promise<PlannedNoise>;
  spent(ledger: Ledger, client: string | undefined, stop: StopFlag): Promise<{ epsilon: number }>;
  /** `vector` is the worker's own. */
  noised(vector: Float32Array, noise: NoiseJob, stop: StopFlag): Promise<Float32Array>;
  exportModel(job: ExportJob, stop: StopFlag): Promise<ExportResult>;
}

/** Sent by a worker while it works. */
export interface WorkerEvent {
  /** From 0 to 1. */
  fraction: number;
}
