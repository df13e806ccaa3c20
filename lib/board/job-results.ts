/** From what a job gave to what was asked for: an update, or what the rows say of the weights in use. */
import type { Layout } from '../model/layout';
import type { JobResult } from './answers';
import type { BoardJob, BoardStart, BoardUpdate } from './board';
import { BOARD_CODEC, checkUpdate } from './check-update';
import { float32s } from './wire';

export interface Ended {
  result: JobResult;
  bytes: Buffer;
}

/** Throws RefusedError 'board-lies'. */
export function updateOf({ result, bytes }: Ended, layout: Layout, bits: BoardJob['bits']): BoardUpdate {
  const update: BoardUpdate = {
    payload: bytes,
    codecs: bits === 8 ? [BOARD_CODEC] : [],
    samples: result.rows,
    steps: result.steps,
    loss: result.loss,
    firstLoss: result.firstLoss,
    durationMs: result.durationMs,
  };
  checkUpdate(update, { layout, bits, rows: { least: result.rows, most: result.rows } });
  return update;
}

/** Throws RefusedError 'board-lies'. */
export function startOf({ result, bytes }: Ended, gradient: boolean): BoardStart {
  const start = { samples: result.rows, loss: result.loss };
  return gradient ? { ...start, gradient: float32s(bytes) } : start;
}
