/**
 * Normalisation without rows: each client tells the count, the sums and the sums of squares of its features; pooled they
 * give the mean and standard deviation that all rows together have.
 */

import { RefusedError } from '../refused';
import type { Normalisation, SampleBlock } from '../training/engine';

/** Neumaier's compensated sum. */
function exactSum(values: Iterable<number>): number {
  let sum = 0;
  let rest = 0;
  for (const value of values) {
    const next = sum + value;
    rest += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return sum + rest;
}

function* column(block: SampleBlock, width: number, feature: number, power: 1 | 2): Generator<number> {
  for (let at = feature; at < block.count * width; at += width) {
    const value = block.features[at];
    yield power === 1 ? value : value * value;
  }
}

/** [count, sum of each feature, sum of squares of each feature]: 1 + 2 x width numbers. */
export function statisticsOf(block: SampleBlock, width: number): Float64Array {
  if (!Number.isInteger(width) || width < 1 || block.features.length < block.count * width) {
    throw new RangeError(`a block of ${block.count} samples does not hold ${width} features each`);
  }
  const statistics = new Float64Array(1 + 2 * width);
  statistics[0] = block.count;
  for (let j = 0; j < width; j++) {
    statistics[1 + j] = exactSum(column(block, width, j, 1));
    statistics[1 + width + j] = exactSum(column(block, width, j, 2));
  }
  return statistics;
}

/** What summing in float64 may take from a sum of squares, also when it is done plainly, as a small device does. */
const PLAIN_ROUNDING = 1e-9;

/** A variance below this share of the mean square is rounding: compensated sums leave less than a tenth of it. */
const ROUNDING = 1e-14;

/** Largest count taken from one client. */
const MAX_COUNT = 2 ** 40;

/** Throws RefusedError (code "statistics") for what no rows could have given. */
export function checkStatistics(statistics: Float64Array, width: number): void {
  const refuse = (why: string): never => {
    throw new RefusedError('statistics', `The statistics of this client are refused: ${why}.`);
  };
  if (statistics.length !== 1 + 2 * width) refuse(`${statistics.length} numbers where ${1 + 2 * width} belong`);
  const count = statistics[0];
  if (!Number.isInteger(count) || count < 0 || count > MAX_COUNT) refuse('the count of samples is impossible');
  for (let j = 0; j < width; j++) {
    const sum = statistics[1 + j];
    const squares = statistics[1 + width + j];
    if (!Number.isFinite(sum) || !Number.isFinite(squares)) refuse(`feature ${j + 1} is not finite`);
    if (squares < 0) refuse(`the sum of squares of feature ${j + 1} is negative`);
    if (count === 0 && (sum !== 0 || squares !== 0)) refuse('sums without samples');
    // Cauchy-Schwarz: (sum)^2 <= count * squares.
    if (count > 0 && squares - (sum / count) * sum < -PLAIN_ROUNDING * squares) {
      refuse(`the variance of feature ${j + 1} is negative`);
    }
  }
}

/**
 * Mean and standard deviation over all samples of all clients. The same bits whatever the order of the list. A feature
 * that never changes gets standard deviation 1, so it becomes 0 and nothing is divided by 0.
 */
export function poolStatistics(list: readonly Float64Array[], width: number): Normalisation {
  for (const statistics of list) checkStatistics(statistics, width);
  const total = (at: number): number => exactSum(list.map((statistics) => statistics[at]).sort((a, b) => a - b));
  const count = total(0);
  if (count === 0)
    throw new RefusedError('statistics', 'No client has a sample yet, so there is nothing to normalise with.');
  const mean: number[] = [];
  const std: number[] = [];
  for (let j = 0; j < width; j++) {
    const average = total(1 + j) / count;
    const square = total(1 + width + j) / count;
    const variance = square - average * average;
    mean.push(average);
    std.push(variance > ROUNDING * square ? Math.sqrt(variance) : 1);
  }
  return { mean, std };
}

export function encodeStatistics(statistics: Float64Array): Buffer {
  const payload = Buffer.alloc(statistics.length * 8);
  statistics.forEach((value, i) => {
    payload.writeDoubleLE(value, i * 8);
  });
  return payload;
}

/** Throws RefusedError when the bytes are not 1 + 2 x width float64, or impossible. */
export function decodeStatistics(payload: Uint8Array, width: number): Float64Array {
  if (payload.byteLength !== (1 + 2 * width) * 8) {
    throw new RefusedError(
      'statistics',
      `The statistics hold ${payload.byteLength} bytes where ${(1 + 2 * width) * 8} belong.`,
    );
  }
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const statistics = Float64Array.from({ length: 1 + 2 * width }, (_, i) => view.getFloat64(i * 8, true));
  checkStatistics(statistics, width);
  return statistics;
}

/** x' = (x - mean) / std, into a new array. */
export function normalise(features: Float32Array, { mean, std }: Normalisation): Float32Array {
  return features.map((value, i) => (value - mean[i % mean.length]) / std[i % mean.length]);
}

/** x = x' * std + mean, into a new array: the inverse of normalise(). */
export function denormalise(features: Float32Array, { mean, std }: Normalisation): Float32Array {
  return features.map((value, i) => value * std[i % mean.length] + mean[i % mean.length]);
}
