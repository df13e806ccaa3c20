/** How a federation keeps time: every choice with its default, checked. */
import { bad, whole, within } from '../settings';
import type { StalenessOptions } from './staleness';

/** Rounds: a cohort is asked, and its answers make the next model. */
export interface RoundTiming {
  mode: 'rounds';
  /** Asks so much more than it needs (0.3: 30 % more), and closes with the first answers. */
  overSelect?: number;
  /** Takes answers to an earlier round into the one under way. Absent: refuses them. */
  late?: Late;
}

/** Which old answers still count, and for how much. */
export interface Late {
  /** Rounds, or versions, that an answer may be behind. */
  maxStaleness: number;
  /** Default: polynomial with a = 0.5. */
  staleness?: StalenessOptions;
}

/** No rounds: a client that has answered is given the newest model at once. */
export interface AsyncTiming extends Late {
  mode: 'async';
  method: AsyncMethod;
  /** Clients at work at the same time; 0: all. */
  concurrency?: number;
  /** A version is written, and may go out, at most once in so many ms. */
  saveMs?: number;
}

export type AsyncMethod =
  /** Each update is mixed in: w <- (1 - a s(t)) w + a s(t) w_k with the mixing weight a. */
  | { name: 'fedasync'; mixing: number }
  /** Each `bufferSize` updates: w <- w + rate / K * sum s(t_k) d_k. */
  | { name: 'fedbuff'; bufferSize: number; serverLearningRate: number };

export type TimingOptions = RoundTiming | AsyncTiming;

export const defaultStaleness: StalenessOptions = { name: 'polynomial', a: 0.5 };
export const defaultSaveMs = 200;

function checkLate({ maxStaleness, staleness = defaultStaleness }: Late): void {
  whole(maxStaleness, 'the greatest staleness', 0, 1000);
  switch (staleness.name) {
    case 'constant':
      return;
    case 'polynomial':
      within(staleness.a, "the staleness weight's exponent a", 0, 100);
      return;
    case 'hinge':
      within(staleness.a, "the staleness weight's slope a", 0, 1e6);
      within(staleness.b, "the staleness weight's bend b", 0, 1000);
      return;
    default:
      throw bad('Set the staleness weight to constant, polynomial or hinge.');
  }
}

function checkMethod(method: AsyncMethod): void {
  switch (method.name) {
    case 'fedasync':
      within(method.mixing, 'the mixing weight', 0, 1, true);
      return;
    case 'fedbuff':
      whole(method.bufferSize, 'the size of the buffer', 1, 100_000);
      within(method.serverLearningRate, "the server's learning rate", 0, 1000, true);
      return;
    default:
      throw bad('Set the asynchronous method to fedasync or fedbuff.');
  }
}

/** Throws RefusedError 'bad-setting' with what to change. */
export function checkTiming(timing: TimingOptions): void {
  if (timing.mode === 'rounds') {
    within(timing.overSelect ?? 0, 'the over-selection', 0, 10);
    if (timing.late) checkLate(timing.late);
    return;
  }
  if (timing.mode !== 'async') throw bad('Set the timing to rounds or async.');
  checkLate(timing);
  checkMethod(timing.method);
  whole(timing.concurrency ?? 0, 'the number of clients at work at the same time', 0, 1e6);
  whole(timing.saveMs ?? defaultSaveMs, 'the time between two writes in ms', 0, 3_600_000);
}

/** How many rounds an answer may be behind. */
export const reachOf = (timing: TimingOptions): number =>
  timing.mode === 'async' ? timing.maxStaleness : (timing.late?.maxStaleness ?? 0);
