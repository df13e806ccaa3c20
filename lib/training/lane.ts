/**
 * Workers of one kind with a queue: threads, or one child process. A job that is told to stop stops between two batches;
 * a worker that does not answer for a second, or that crashes, is replaced.
 */
import * as workerpool from 'workerpool';
import { RefusedError } from '../refused';
import { abortError } from './abort';
import type { StopFlag, WorkerEvent, WorkerMethods } from './worker-protocol';

export interface LaneOptions {
  /** The compiled worker, which offers the WorkerMethods. */
  script: string;
  /** A process shares no memory: its jobs are copied, and stopped by ending it. */
  kind: 'thread' | 'process';
  workers: number;
}

export interface LaneControl {
  signal?: AbortSignal;
  onProgress?(fraction: number): void;
}

export interface Lane {
  run<M extends keyof WorkerMethods>(
    method: M,
    makeParameters: (stop: StopFlag) => Parameters<WorkerMethods[M]>,
    control: LaneControl,
  ): ReturnType<WorkerMethods[M]>;
  /** Ends the workers at once; open jobs reject with an AbortError. */
  close(): Promise<void>;
}

/** For tfjs-node: errors only on the console, and the same bits from run to run. */
const tensorFlowSettings = { TF_CPP_MIN_LOG_LEVEL: '2', TF_ENABLE_ONEDNN_OPTS: '0' };

/** How long a worker may take to notice that it should stop, in ms. */
const GRACE = 1000;

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

export function createLane({ script, kind, workers: maxWorkers }: LaneOptions): Lane {
  const workers = workerpool.pool(script, {
    maxWorkers,
    workerType: kind,
    // Our own grace is over by then: end the worker at once.
    workerTerminateTimeout: 50,
    forkOpts: { serialization: 'advanced', env: { ...tensorFlowSettings, ...process.env } },
  });
  const grace = kind === 'thread' ? GRACE : 0;
  const open = new Set<() => void>();
  let closed = false;

  function run<M extends keyof WorkerMethods>(
    method: M,
    makeParameters: (stop: StopFlag) => Parameters<WorkerMethods[M]>,
    control: LaneControl,
  ): ReturnType<WorkerMethods[M]>;
  function run(
    method: keyof WorkerMethods,
    makeParameters: (stop: StopFlag) => unknown[],
    control: LaneControl,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (closed) return reject(abortError('The pool is closed.'));
      if (control.signal?.aborted) return reject(abortError());
      const stop: StopFlag = new Int32Array(kind === 'thread' ? new SharedArrayBuffer(4) : new ArrayBuffer(4));
      let settled = false;
      let timer: NodeJS.Timeout | undefined;
      /** True once: then the caller settles the promise. */
      const settle = (): boolean => {
        if (settled) return false;
        settled = true;
        open.delete(abort);
        control.signal?.removeEventListener('abort', abort);
        return true;
      };
      const fail = (error: Error): void => {
        if (!settle()) return;
        Atomics.store(stop, 0, 1);
        timer = setTimeout(() => task.cancel(), grace);
        timer.unref();
        reject(error);
      };
      const abort = (): void => fail(abortError());
      const task = workers.exec(method, makeParameters(stop), {
        on: ({ fraction }: WorkerEvent): void => {
          if (settled) return;
          try {
            control.onProgress?.(fraction);
          } catch (error) {
            fail(readable(error));
          }
        },
      });
      open.add(abort);
      control.signal?.addEventListener('abort', abort, { once: true });
      task.then(
        (result: unknown) => {
          clearTimeout(timer);
          if (settle()) resolve(result);
        },
        (error: unknown) => {
          clearTimeout(timer);
          if (settle()) reject(readable(error));
        },
      );
    });
  }

  return {
    run,
    async close() {
      closed = true;
      for (const abort of [...open]) abort();
      await workers.terminate(true);
    },
  };
}
