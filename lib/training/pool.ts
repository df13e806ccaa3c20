/**
 * Training, prediction and distances in worker threads, so that the event loop stays free. Vectors in shared memory
 * cross without a copy, others are copied. A job that is told to stop stops between two batches; a worker that does not
 * answer for a second, or that crashes, is replaced.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import * as workerpool from 'workerpool';
import { RefusedError } from '../refused';
import { abortError } from './abort';
import type { PredictJob, PredictResult, TrainJob, TrainResult } from './engine';
import type { EngineChoice } from './select';
import type { StopFlag, WorkerEvent, WorkerMethods } from './worker-protocol';

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
  /** n x n squared Euclidean distances, row major. */
  squaredDistances(vectors: readonly Float32Array[], control?: JobControl): Promise<Float64Array>;
  readonly threads: number;
  /** Stops what runs and ends the workers, within a second. Jobs still open reject with an AbortError. */
  close(): Promise<void>;
}

/** How long a worker may take to notice that it should stop, in ms. */
const GRACE = 1000;

/** A view of a part of a larger buffer would be sent with the whole buffer. */
function compact(vector: Float32Array): Float32Array {
  const whole = vector.buffer instanceof SharedArrayBuffer || vector.byteLength === vector.buffer.byteLength;
  return whole ? vector : vector.slice();
}

function readable(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (error.name === 'AbortError') return abortError(error.message);
  if (error.name === 'RefusedError' && 'code' in error && typeof error.code === 'string') {
    return new RefusedError(error.code, error.message);
  }
  if (/^Workerpool Worker|Worker is terminated/.test(error.message)) {
    const reason = error.message.replace(/\s+/g, ' ').slice(0, 200);
    return new Error(`The training worker ended unexpectedly and was replaced; try the job again. (${reason})`);
  }
  return error;
}

function pack(vectors: readonly Float32Array[]): Float32Array {
  const length = vectors[0]?.length ?? 0;
  const packed = new Float32Array(new SharedArrayBuffer(4 * length * vectors.length));
  for (const [index, vector] of vectors.entries()) {
    if (vector.length !== length) throw new RangeError('The vectors differ in length.');
    packed.set(vector, index * length);
  }
  return packed;
}

export const createPool = (options: PoolOptions = {}): Pool => poolOf(join(__dirname, 'worker.js'), options);

/** A pool whose workers run `script`, which offers the WorkerMethods. */
export function poolOf(script: string, options: PoolOptions = {}): Pool {
  const threads = options.threads ?? Math.max(1, availableParallelism() - 1);
  if (!Number.isInteger(threads) || threads < 1 || threads > 256) {
    throw new RangeError(`A pool needs 1 to 256 threads, not ${threads}.`);
  }
  const workers = workerpool.pool(script, {
    maxWorkers: threads,
    workerType: 'thread',
    // Our own grace is over by then: end the worker at once.
    workerTerminateTimeout: 50,
  });
  const open = new Set<() => void>();
  let closed = false;

  function run<M extends keyof WorkerMethods>(
    method: M,
    makeArguments: (stop: StopFlag) => Parameters<WorkerMethods[M]>,
    control: JobControl,
  ): ReturnType<WorkerMethods[M]>;
  function run(
    method: keyof WorkerMethods,
    makeArguments: (stop: StopFlag) => unknown[],
    control: JobControl,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (closed) return reject(abortError('The pool is closed.'));
      if (control.signal?.aborted) return reject(abortError());
      const stop: StopFlag = new Int32Array(new SharedArrayBuffer(4));
      let settled = false;
      let timer: NodeJS.Timeout | undefined;
      const end = (): void => {
        settled = true;
        open.delete(abort);
        control.signal?.removeEventListener('abort', abort);
      };
      const task = workers.exec(method, makeArguments(stop), {
        on: ({ fraction }: WorkerEvent): void => {
          if (!settled) control.onProgress?.(fraction);
        },
      });
      const abort = (): void => {
        if (settled) return;
        Atomics.store(stop, 0, 1);
        timer = setTimeout(() => task.cancel(), GRACE);
        timer.unref();
        end();
        reject(abortError());
      };
      open.add(abort);
      control.signal?.addEventListener('abort', abort, { once: true });
      task.then(
        (result: unknown) => {
          clearTimeout(timer);
          if (settled) return;
          end();
          resolve(result);
        },
        (error: unknown) => {
          clearTimeout(timer);
          if (settled) return;
          end();
          reject(readable(error));
        },
      );
    });
  }

  return {
    threads,
    train: (job, control = {}) => run('train', (stop) => [compactTrain(job), control.engine ?? 'auto', stop], control),
    predict: (job, control = {}) =>
      run(
        'predict',
        (stop) => [
          { ...job, weights: compact(job.weights), features: compact(job.features) },
          control.engine ?? 'auto',
          stop,
        ],
        control,
      ),
    squaredDistances: async (vectors, control = {}) =>
      run('squaredDistances', (stop) => [pack(vectors), vectors.length, stop], control),
    close: async () => {
      closed = true;
      for (const abort of [...open]) abort();
      await workers.terminate(true);
    },
  };
}

function compactTrain(job: TrainJob): TrainJob {
  const { features, targets, count } = job.samples;
  return {
    ...job,
    weights: compact(job.weights),
    samples: { features: compact(features), targets: compact(targets), count },
  };
}
