/** Answers and events of docs/board-protocol.md, section 4, from bytes; every length and every number checked. */
import type { BoardEvent } from './board';
import { float32s, lies, readerOf } from './wire';

export const events = {
  job: 0xc1,
  progress: 0xc2,
  evaluation: 0xc3,
  window: 0xc4,
  button: 0xc5,
  log: 0xc6,
} as const;

/** A name that is none. */
export const NO_KEY = '0000000000000000';

const boardStates = ['empty', 'model', 'weights', 'trains', 'evaluates'] as const;
const jobStates = ['none', 'runs', 'done', 'failed'] as const;

export interface BoardStatus {
  state: (typeof boardStates)[number];
  model: string;
  weights: string;
  job: string;
  jobState: (typeof jobStates)[number];
  steps: number;
  stepsInAll: number;
  rowsHeld: number;
  rowsTaken: number;
  /** Numbers of the row that is coming in. */
  numbers: number;
  capacity: number;
  backbone: string;
  staged: { kind: number; key: string; bytes: number };
  framesRefused: number;
  messagesRefused: number;
  framesAgain: number;
}

export function decodeStatus(body: Uint8Array): BoardStatus {
  const read = readerOf(body, 'status');
  const state = boardStates[read.u8()];
  const [model, weights, job] = [read.hex(8), read.hex(8), read.hex(8)];
  const jobState = jobStates[read.u8()];
  const status = {
    state: state ?? lies('is in a state that there is not'),
    model,
    weights,
    job,
    jobState: jobState ?? lies('has a job in a state that there is not'),
    steps: read.u32(),
    stepsInAll: read.u32(),
    rowsHeld: read.u32(),
    rowsTaken: read.u32(),
    numbers: read.u16(),
    capacity: read.u32(),
    backbone: read.hex(8),
    staged: { kind: read.u8(), key: read.hex(8), bytes: read.u32() },
    framesRefused: read.u32(),
    messagesRefused: read.u32(),
    framesAgain: read.u32(),
  };
  read.end();
  if (status.rowsHeld > status.capacity) lies(`holds ${status.rowsHeld} rows in ${status.capacity} places`);
  return status;
}

export interface Loaded {
  neededBytes: number;
  arenaBytes: number;
  capacity: number;
}

export function decodeLoaded(body: Uint8Array): Loaded {
  const read = readerOf(body, 'answer to a model');
  const loaded = { neededBytes: read.u32(), arenaBytes: read.u32(), capacity: read.u32() };
  read.end();
  return loaded;
}

/** The one u32 that an answer is. */
export function decodeNumber(body: Uint8Array, what: string): number {
  const read = readerOf(body, what);
  const number = read.u32();
  read.end();
  return number;
}

export function decodeWidth(body: Uint8Array): number {
  const read = readerOf(body, 'width of windows');
  const width = read.u16();
  read.end();
  return width;
}

export interface JobResult {
  key: string;
  state: 'done' | 'failed';
  /** Why it failed. */
  status: number;
  rows: number;
  steps: number;
  loss: number;
  firstLoss: number;
  durationMs: number;
  bytes: number;
  sha256: string;
}

/** The event JOB and the answer to RESULT. */
export function decodeJob(body: Uint8Array): JobResult {
  const read = readerOf(body, 'result');
  const key = read.hex(8);
  const state = read.u8();
  const result: JobResult = {
    key,
    state: state === 2 ? 'done' : state === 3 ? 'failed' : lies('says that a job has ended which has not'),
    status: read.u8(),
    rows: read.u32(),
    steps: read.u32(),
    loss: read.f64(),
    firstLoss: read.f64(),
    durationMs: read.u32(),
    bytes: read.u32(),
    sha256: read.hex(32),
  };
  read.end();
  if (result.state === 'done' && !(Number.isFinite(result.loss) && Number.isFinite(result.firstLoss))) {
    lies('told a loss that is not finite');
  }
  return result;
}

export function decodeProgress(body: Uint8Array): { steps: number; stepsInAll: number } {
  const read = readerOf(body, 'progress');
  const progress = { steps: read.u32(), stepsInAll: read.u32() };
  read.end();
  return progress;
}

export interface EvaluationResult {
  status: number;
  rows: number;
  loss: number;
  hits: number;
}

export function decodeEvaluation(body: Uint8Array): EvaluationResult {
  const read = readerOf(body, 'evaluation');
  const result = { status: read.u8(), rows: read.u32(), loss: read.f64(), hits: read.u32() };
  read.end();
  if (result.status === 0 && !Number.isFinite(result.loss)) lies('told a loss that is not finite');
  if (result.hits > result.rows) lies(`hit ${result.hits} of ${result.rows} rows`);
  return result;
}

/** One block of a READ. */
export function decodeBlock(body: Uint8Array): { offset: number; bytes: Buffer } {
  const read = readerOf(body, 'block');
  return { offset: read.u32(), bytes: read.rest() };
}

const levels = ['info', 'warning', 'error'] as const;

/** What is for the user; undefined: an event that this host does not know. Throws RefusedError 'board-lies'. */
export function decodeEvent(code: number, body: Uint8Array): BoardEvent | undefined {
  const read = readerOf(body, 'event');
  if (code === events.window) {
    const number = read.u32();
    const kept = read.i32();
    const outputs = read.u8() === 1 ? float32s(read.rest()) : undefined;
    read.end();
    return { event: 'window', number, kept: kept < 0 ? undefined : kept, outputs };
  }
  if (code === events.button) {
    const pressed = read.u8() === 1;
    const number = read.u32();
    read.end();
    return { event: 'button', pressed, number };
  }
  if (code === events.log) {
    const level = levels[read.u8()] ?? 'info';
    const text = read
      .rest()
      .toString('utf8')
      .replace(/\p{Cc}+/gu, ' ')
      .slice(0, 1000);
    return { event: 'log', level, text };
  }
  return undefined;
}
