/** A training on the board, from the order to the update in hand; begun again where it was broken off. */
import { createHash } from 'node:crypto';
import { tensorSizes } from '../federation/federated-model';
import { RefusedError } from '../refused';
import type { TrainingOptions } from '../training/engine';
import { decodeJob, decodeNumber, decodeProgress, events, type JobResult } from './answers';
import type { BoardJob, BoardUpdate } from './board';
import { BOARD_CODEC, checkUpdate } from './check-update';
import { codes, readable, resultBody, trainBody } from './commands';
import { refusalOfStatus, statuses } from './refusals';
import type { Talk } from './talk';
import type { Upkeep } from './upkeep';
import type { WantedModel } from './wanted';
import { lies } from './wire';

/** What has come of an update, over any number of sessions. */
interface Partial {
  sha256: string;
  bytes: Buffer;
  length: number;
}

export interface JobRun {
  /** Does what is left of the job in this session. */
  go(talk: Talk): Promise<BoardUpdate>;
}

/** Bytes of an update. */
function updateBytes({ model }: WantedModel, bits: 0 | 8): number {
  const sizes = tensorSizes(model.layout);
  return bits === 0 ? 4 * model.layout.size : 4 * sizes.length + model.layout.size;
}

function stepsOf({ epochs, batchSize, maxSteps }: TrainingOptions, rows: number): number {
  const all = epochs * Math.ceil(rows / batchSize);
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

export function createJobRun(wanted: WantedModel, job: BoardJob, upkeep: Upkeep, control: JobControl): JobRun {
  const { signal } = control;
  const { layout } = wanted.model;
  let rows: number | undefined;
  let partial: Partial | undefined;

  const begin = async (talk: Talk): Promise<void> => {
    rows = await control.prepare(talk);
    const body = trainBody(job, wanted.load.rows > 0 ? wanted.load.program[3] : job.options.batchSize);
    const most = talk.identity.maxPayload - 2;
    if (body.length > most) throw new RefusedError('job', 'The class weights do not fit the board: leave them out.');
    const steps = decodeNumber(await talk.request(codes.train, body, signal), 'answer to a training');
    if (!control.growing && steps !== stepsOf(job.options, rows))
      lies(`wants to make ${steps} steps with ${rows} rows`);
  };
  const check = (result: JobResult): void => {
    if (result.state === 'failed') throw refusalOfStatus(result.status, 0);
    const fits = control.growing ? result.rows >= (rows ?? 1) : result.rows === (rows ?? result.rows);
    if (result.rows < 1 || !fits) {
      lies(`trained on ${result.rows} rows where it holds ${rows}`);
    }
    if (result.steps !== stepsOf(job.options, result.rows)) lies(`made ${result.steps} steps with ${result.rows} rows`);
    if (result.bytes !== updateBytes(wanted, job.bits)) lies(`has an update of ${result.bytes} bytes`);
  };
  const fetch = async (talk: Talk, { sha256, bytes }: JobResult): Promise<Buffer> => {
    if (partial?.sha256 !== sha256) partial = { sha256, bytes: Buffer.alloc(bytes), length: 0 };
    const mine = partial;
    const take = (part: Buffer): void => {
      mine.bytes.set(part, mine.length);
      mine.length += part.length;
    };
    await talk.read(readable.update, job.key, { offset: mine.length, bytes }, take, signal);
    if (createHash('sha256').update(mine.bytes).digest('hex') === sha256) return mine.bytes;
    partial = undefined;
    return lies('sent an update that does not have the hash which it told');
  };

  /** The result, from a job that may have been running or done already. */
  const work = async (talk: Talk, scope: AbortSignal): Promise<JobResult> => {
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
        const result = await work(talk, AbortSignal.any([signal, scope.signal]));
        if (result.key !== job.key) lies('answers with the result of another job');
        check(result);
        const update: BoardUpdate = {
          payload: await fetch(talk, result),
          codecs: job.bits === 8 ? [BOARD_CODEC] : [],
          samples: result.rows,
          steps: result.steps,
          loss: result.loss,
          firstLoss: result.firstLoss,
          durationMs: result.durationMs,
        };
        checkUpdate(update, { layout, bits: job.bits, rows: { least: result.rows, most: result.rows } });
        return update;
      } finally {
        scope.abort();
      }
    },
  };
}
