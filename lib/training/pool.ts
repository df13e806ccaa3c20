/**
 * Training, prediction, distances, exports and the account of privacy off the event loop. Worker threads do it; jobs for TensorFlow.js go to a child
 * process of their own where tfjs-node is installed, since native code that fails would take Node-RED with it.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
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
import { createLane, type Lane, type LaneOptions } from './lane';
import { type EngineChoice, plannedEngine } from './select';
import type { StopFlag } from './worker-protocol';

export interface JobControl {
  signal?: AbortSignal;
  /** From 0 to 1, at most about five times a second. */
  onProgress?(fraction: number): void;
  engine?: EngineChoice;
}

export interface PoolOptions {
  /** Worker threads; default: one less than there are cores, at least one. */
  threads?: number;
}

export interface Pool {
  train(job: TrainJob, control?: JobControl): Promise<TrainResult>;
  predict(job: PredictJob, control?: JobControl): Promise<PredictResult>;
  /** Samples moved so that the model errs on them. */
  evade(job: EvasionJob, control?: JobControl): Promise<EvasionResult>;
  /** Samples through a frozen backbone. */
  embed(job: EmbedJob, control?: Omit<JobControl, 'engine'>): Promise<EmbedResult>;
  /** n x n squared Euclidean distances, row major; vectors in shared memory are not copied. */
  squaredDistances(vectors: readonly Float32Array[], control?: JobControl): Promise<Float64Array>;
  /** How many decisions hold when samples are moved against a classifier. */
  robustness(job: RobustnessJob, control?: JobControl): Promise<Robustness>;
  /** A rule of lib/robust/ over vectors; those in shared memory are not copied. Rejects as rule.combine() throws. */
  combine(rule: RuleOptions, input: RuleInput, control?: JobControl): Promise<Combined>;
  /** Of any number of rows: sorting a hundred thousand takes long. Rejects as publicRows() throws. */
  publicRows(block: SampleBlock, width: number, control?: Omit<JobControl, 'engine'>): Promise<PublicRows>;
  /** How much noise a plan takes, and what it costs: plannedNoise() of lib/privacy. */
  plannedNoise(plan: PrivacyPlan, wish: NoiseWish, control?: JobControl): Promise<PlannedNoise>;
  /** Epsilon of a ledger: spent() of lib/privacy. */
  spent(ledger: Ledger, client?: string, control?: JobControl): Promise<number>;
  /** A new vector with noise of the operating system's on it. */
  noised(vector: Float32Array, noise: NoiseJob, control?: JobControl): Promise<Float32Array>;
  /** A model as files, with ranges taken and figures measured on the samples of the job. Always by the engine core. */
  exportModel(job: ExportJob, control?: JobControl): Promise<ExportResult>;
  readonly threads: number;
  /** Stops what runs and ends the workers, within a second. Jobs still open reject with an AbortError. */
  close(): Promise<void>;
}

/**
 * Shared memory crosses to a thread as it is; a view of a part of a larger buffer would be sent with the whole buffer.
 * A process cannot have shared memory.
 */
function crossing(vector: Float32Array, kind: LaneOptions['kind']): Float32Array {
  const shared = vector.buffer instanceof SharedArrayBuffer;
  if (shared) return kind === 'thread' ? vector : Float32Array.from(vector);
  return vector.byteLength === vector.buffer.byteLength ? vector : vector.slice();
}

/** To a thread. */
const blockAcross = ({ features, targets, count }: SampleBlock): SampleBlock => ({
  features: crossing(features, 'thread'),
  targets: crossing(targets, 'thread'),
  count,
});

/** A job with its weights and samples as they cross. */
function carried<J extends Pick<TrainJob, 'weights' | 'samples' | 'soft'>>(
  job: J,
  across: (vector: Float32Array) => Float32Array,
): J {
  const { soft } = job;
  const { features, targets, count } = job.samples;
  return {
    ...job,
    ...(soft ? { soft: { ...soft, probabilities: across(soft.probabilities) } } : {}),
    weights: across(job.weights),
    samples: { features: across(features), targets: across(targets), count },
  };
}

/** All in one block of shared memory. */
function pack(vectors: readonly Float32Array[]): Float32Array {
  const length = vectors[0]?.length ?? 0;
  const packed = new Float32Array(new SharedArrayBuffer(4 * length * vectors.length));
  for (const [index, vector] of vectors.entries()) {
    if (vector.length !== length) throw new RangeError('The vectors differ in length.');
    packed.set(vector, index * length);
  }
  return packed;
}

/** As they are where they lie in shared memory: copying a hundred long ones takes as long as comparing some. */
function shareable(vectors: readonly Float32Array[]): readonly Float32Array[] {
  if (vectors.every(({ buffer }) => buffer instanceof SharedArrayBuffer)) return vectors;
  const packed = pack(vectors);
  const length = packed.length / vectors.length;
  return vectors.map((_, i) => packed.subarray(i * length, (i + 1) * length));
}

function hasTfjsNode(): boolean {
  try {
    require.resolve('@tensorflow/tfjs-node');
    return true;
  } catch {
    return false;
  }
}

export const createPool = (options: PoolOptions = {}): Pool => poolOf(join(__dirname, 'worker.js'), options);

/** A pool whose workers run `script`, which offers the WorkerMethods. */
export function poolOf(script: string, options: PoolOptions = {}): Pool {
  const threads = options.threads ?? Math.max(1, availableParallelism() - 1);
  if (!Number.isInteger(threads) || threads < 1 || threads > 256) {
    throw new RangeError(`A pool needs 1 to 256 threads, not ${threads}.`);
  }
  const threadLane = createLane({ script, kind: 'thread', workers: threads });
  // What an update waits for on its way must not wait for trainings.
  const sideLane = createLane({ script, kind: 'thread', workers: 1 });
  const native = hasTfjsNode();
  let processLane: Lane | undefined;

  /** Where a job goes, and how vectors get there. */
  function laneFor(
    { spec }: Pick<TrainJob, 'spec'>,
    engine: EngineChoice,
  ): { lane: Lane; across: (vector: Float32Array) => Float32Array } {
    if (!native || plannedEngine(spec, engine).name !== 'tfjs') {
      return { lane: threadLane, across: (vector) => crossing(vector, 'thread') };
    }
    processLane ??= createLane({ script, kind: 'process', workers: 1 });
    return { lane: processLane, across: (vector) => crossing(vector, 'process') };
  }

  return {
    threads,
    async train(job, control = {}) {
      const { engine = 'auto' } = control;
      const { lane, across } = laneFor(job, engine);
      const parameters = (stop: StopFlag): [TrainJob, EngineChoice, StopFlag] => [carried(job, across), engine, stop];
      return lane.run('train', parameters, control);
    },
    async predict(job, control = {}) {
      const { engine = 'auto' } = control;
      const { lane, across } = laneFor(job, engine);
      const parameters = (stop: StopFlag): [PredictJob, EngineChoice, StopFlag] => [
        { ...job, weights: across(job.weights), features: across(job.features) },
        engine,
        stop,
      ];
      return lane.run('predict', parameters, control);
    },
    async evade(job, control = {}) {
      const { engine = 'auto' } = control;
      const { lane, across } = laneFor(job, engine);
      const parameters = (stop: StopFlag): [EvasionJob, EngineChoice, StopFlag] => [carried(job, across), engine, stop];
      return lane.run('evade', parameters, control);
    },
    async embed(job, control = {}) {
      const parameters = (stop: StopFlag): [EmbedJob, StopFlag] => [
        { ...job, features: crossing(job.features, 'thread') },
        stop,
      ];
      return threadLane.run('embed', parameters, control);
    },
    async squaredDistances(vectors, control = {}) {
      return threadLane.run('squaredDistances', (stop) => [shareable(vectors), stop], control);
    },
    async robustness(job, control = {}) {
      const { engine = 'auto' } = control;
      const { lane, across } = laneFor(job, engine);
      const parameters = (stop: StopFlag): [RobustnessJob, EngineChoice, StopFlag] => [
        carried(job, across),
        engine,
        stop,
      ];
      return lane.run('robustness', parameters, control);
    },
    async combine(rule, input, control = {}) {
      const { vectors, root, previous, histories } = input;
      const parameters = (stop: StopFlag): [RuleOptions, RuleInput, StopFlag] => [
        rule,
        {
          ...input,
          vectors: shareable(vectors),
          ...(root ? { root: crossing(root, 'thread') } : {}),
          ...(previous ? { previous: crossing(previous, 'thread') } : {}),
          ...(histories ? { histories: histories.map((sum) => sum && crossing(sum, 'thread')) } : {}),
        },
        stop,
      ];
      return threadLane.run('combine', parameters, control);
    },
    async publicRows(block, width, control = {}) {
      return threadLane.run('publicRows', (stop) => [blockAcross(block), width, stop], control);
    },
    async plannedNoise(plan, wish, control = {}) {
      return sideLane.run('plannedNoise', (stop) => [plan, wish, stop], control);
    },
    async spent(ledger, client, control = {}) {
      return (await sideLane.run('spent', (stop) => [ledger, client, stop], control)).epsilon;
    },
    async noised(vector, noise, control = {}) {
      // As to a process: the worker changes what it gets.
      return sideLane.run('noised', (stop) => [crossing(vector, 'process'), noise, stop], control);
    },
    async exportModel(job, control = {}) {
      const across = (block: SampleBlock | undefined): SampleBlock | undefined => block && blockAcross(block);
      const parameters = (stop: StopFlag): [ExportJob, StopFlag] => [
        {
          ...job,
          weights: crossing(job.weights, 'thread'),
          calibration: across(job.calibration),
          check: across(job.check),
        },
        stop,
      ];
      return threadLane.run('exportModel', parameters, control);
    },
    async close() {
      await Promise.all([threadLane.close(), sideLane.close(), processLane?.close()]);
    },
  };
}
