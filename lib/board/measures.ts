/** What a board tells of its rows: sums of their features, and how good the weights in use are on them. */
import { checkStatistics } from '../data/normalisation';
import { type BoardStatus, decodeEvaluation, type EvaluationResult, events } from './answers';
import { codes, readable } from './commands';
import { StatusError } from './refusals';
import type { Talk } from './talk';
import { lies } from './wire';

/** [count, sums, sums of squares] of rows of so many features. */
export async function readStatistics(
  talk: Talk,
  { rowsTaken, rowsHeld }: BoardStatus,
  width: number,
  signal: AbortSignal,
): Promise<Float64Array> {
  const bytes = Buffer.alloc(8 * (1 + 2 * width));
  const key = Buffer.alloc(8);
  key.writeUInt32LE(rowsTaken);
  let length = 0;
  const take = (part: Buffer): void => {
    bytes.set(part, length);
    length += part.length;
  };
  await talk.read(readable.statistics, key.toString('hex'), { offset: 0, bytes: bytes.length }, take, signal);
  const sums = Float64Array.from({ length: 1 + 2 * width }, (_, i) => bytes.readDoubleLE(8 * i));
  if (sums[0] !== rowsHeld) lies(`tells sums of ${sums[0]} rows and holds ${rowsHeld}`);
  checkStatistics(sums, width);
  return sums;
}

export async function evaluateRows(talk: Talk, signal: AbortSignal): Promise<EvaluationResult> {
  const ended = talk.event((code, body) => (code === events.evaluation ? decodeEvaluation(body) : undefined), signal);
  ended.catch(() => {});
  await talk.request(codes.evaluate, new Uint8Array(0), signal);
  const result = await ended;
  if (result.status !== 0) throw new StatusError(result.status, 0);
  return result;
}
