/** Timing that stands noise: two ways of doing the same are timed in turn, and the median of the ratios is what counts. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** One line of the report. */
export interface Row {
  /** For example "train/dense". A name appears once for each `against`. */
  name: string;
  value: number;
  unit: string;
  against: string;
  /** How many times better than `against`; for shares (unit "share") the share itself, 0 being ideal. */
  ratio: number;
}

export type Work = () => unknown;

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1];

async function seconds(work: Work, times: number): Promise<number> {
  const started = performance.now();
  for (let i = 0; i < times; i++) {
    const result = work();
    if (result instanceof Promise) await result;
  }
  return (performance.now() - started) / 1000 / times;
}

/** How often to repeat so that it takes about `ms`; what takes longer than that is warm after it. */
async function warm(work: Work, ms: number): Promise<number> {
  const timesOf = (once: number): number => Math.max(1, Math.min(100_000, Math.round(ms / 1000 / once)));
  const first = await seconds(work, 1);
  if (first > ms / 1000) return 1;
  await seconds(work, timesOf(first));
  return timesOf(await seconds(work, 1));
}

export interface Comparison {
  /** Median seconds of one call. */
  ours: number;
  theirs: number;
  /** Median of theirs / ours, each pair taken one after the other: how many times faster ours is. */
  ratio: number;
}

/** Warms both up, then times them in turn. */
export async function compare(ours: Work, theirs: Work, { turns = 7, ms = 100 } = {}): Promise<Comparison> {
  const [many, few] = [await warm(ours, ms), await warm(theirs, ms)];
  const pairs: [number, number][] = [];
  for (let turn = 0; turn < turns; turn++) pairs.push([await seconds(ours, many), await seconds(theirs, few)]);
  return {
    ours: median(pairs.map(([mine]) => mine)),
    theirs: median(pairs.map(([, other]) => other)),
    ratio: median(pairs.map(([mine, other]) => other / mine)),
  };
}

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** Of this process, with the memory of WebAssembly. */
export function bytesUsed(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
