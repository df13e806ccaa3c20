/** A job of the board, from the order to its result in hand; begun again where it was broken off. */
import { createHash } from 'node:crypto';
import { tensorSizes } from '../federation/federated-model';
import { RefusedError } from '../refused';
import type { TrainingOptions } from '../training/engine';
import { decodeJob, decodeNumber, decodeProgress, events, type JobResult } from './answers';
import { codes, readable, resultBody } from './commands';
import type { Ended } from './job-results';
import { refusalOfStatus, statuses } from './refusals';
import type { Talk } from './talk';
import { checkVersion, isMore, type TrainRequest, trainBody, type Work } from './train-body';
import type { Upkeep } from './upkeep';
import { batchOf, type WantedModel } from './wanted';
import { lies } from './wire';

/** What has come of its bytes, over any number of sessions. */
interface Partial {
  sha256: string;
  bytes: Buffer;
  length: number;
}

export interface JobRun {
  /** Does what is left of the job in this session. */
  go(talk: Talk): Promise<Ended>;
}

/** Bytes of its result. */
function bytesOf({ model }: WantedModel, { bits, work }: Pick<TrainRequest, 'bits' | 'work'>): number {
  if (work === 'start-loss') return 0;
  const sizes = tensorSizes(model.layout);
  return bits === 0 ? 4 * model.layout.size : 4 * sizes.length + model.layout.size;
}

function stepsOf({ epochs, batchSize, maxSteps, fullBatch }: TrainingOptions, work: Work, rows: number): number {
  if (work !== 'train') return 0;
  const all = epochs * (fullBatch ? 1 : Math.ceil(rows / batchSize));
  return Math.min(all, maxSteps ?? all);
}

export interface JobControl {
  signal: AbortSignal;
  onProgress(fraction: number): void;
  /** Brings model, weights and rows to the board; how many rows it has then. */
  prepare(talk: Talk): Promise<number>;
  /** Its sensors may add rows at any moment. */
  growing: boolean;
}

export function createJobRun(
  wanted: WantedModel,
  job: Omit<TrainRequest, 'batch'>,
  upkeep: Upkeep,
  control: JobControl,
): JobRun {
  const { signal } = control;
  const { options, work } = job;
  let rows: number | undefined;
  let partial: Partial | undefined;

  const begin = async (talk: Talk): Promise<void> => {
    const { protocol } = talk.identity;
    checkVersion(protocol, isMore(job));
    rows = await control.prepare(talk);
    const body = trainBody({ ...job, batch: batchOf(options, wanted.load.rows) }, protocol);
    const most = talk.identity.maxPayload - 2;
    if (body.length > most) throw new RefusedError('job', 'The class weights do not fit the board: leave them out.');
    const steps = decodeNumber(await talk.request(codes.train, body, signal), 'answer to a training');
    if (!control.growing && steps !== stepsOf(options, work, rows))
      lies(`wants to make ${steps} steps with ${rows} rows`);
  };
  const check = (result: JobResult): void => {
    if (result.state === 'failed') throw refusalOfStatus(result.status, 0);
    const fits = control.growing ? result.rows >= (rows ?? 1) : result.rows === (rows ?? result.rows);
    if (result.rows < 1 || !fits) {
      lies(`trained on ${result.rows} rows where it holds ${rows}`);
    }
    if (result.steps !== stepsOf(options, work, result.rows))
      lies(`made ${result.steps} steps with ${result.rows} rows`);
    if (result.bytes !== bytesOf(wanted, job)) lies(`has a result of ${result.bytes} bytes`);
  };
  const fetch = async (talk: Talk, { sha256, bytes }: JobResult): Promise<Buffer> => {
    if (bytes === 0) return Buffer.alloc(0);
    if (partial?.sha256 !== sha256) partial = { sha256, bytes: Buffer.alloc(bytes), length: 0 };
    const mine = partial;
    const take = (part: Buffer): void => {
      mine.bytes.set(part, mine.length);
      mine.length += part.length;
    };
    await talk.read(readable.update, job.key, { offset: mine.length, bytes }, take, signal);
    if (createHash('sha256').update(mine.bytes).digest('hex') === sha256) return mine.bytes;
    partial = undefined;
    return lies('sent a result that does not have the hash which it told');
  };

  /** The result, from a job that may have been running or done already. */
  const run = async (talk: Talk, scope: AbortSignal): Promise<JobResult> => {
    // Listened to first: the end may come together with the answer that says that it runs.
    const ended = talk.event((code, body) => {
      if (code !== events.job) return undefined;
      const result = decodeJob(body);
      // That an earlier run of the same job was stopped may be told only now.
      const stopped = result.state === 'failed' && result.status === statuses.busy;
      return result.key === job.key && !stopped ? result : undefined;
    }, scope);
    ended.catch(() => {});
    const progress = talk.event((code, body) => {
      if (code !== events.progress) return undefined;
      const { steps, stepsInAll } = decodeProgress(body);
      if (stepsInAll > 0) control.onProgress(Math.min(1, steps / stepsInAll));
      return undefined;
    }, scope);
    progress.catch(() => {});
    upkeep.doubt();
    const status = await upkeep.status(talk, signal);
    const known = status.job === job.key ? status.jobState : 'none';
    if (known === 'done') return decodeJob(await talk.request(codes.result, resultBody(job.key), signal));
    if (known !== 'runs') await begin(talk);
    return ended;
  };

  return {
    async go(talk) {
      const scope = new AbortController();
      try {
        const result = await run(talk, AbortSignal.any([signal, scope.signal]));
        if (result.key !== job.key) lies('answers with the result of another job');
        check(result);
        return { result, bytes: await fetch(talk, result) };
      } finally {
        scope.abort();
      }
    },
  };
}
