/** The least and the greatest number that the codes of a tensor must reach, from what was seen of it. */

/**
 * minmax: all that was seen. percentile: without the outermost 0.05 % at each end. mse: the ends between which the mean
 * squared error of rounding and cutting off is least.
 */
export type RangeMethod = 'minmax' | 'percentile' | 'mse';
export const rangeMethods: readonly RangeMethod[] = ['minmax', 'percentile', 'mse'];

export interface Range {
  low: number;
  high: number;
}

export const widened = (range: Range, values: Float32Array): Range => {
  let { low, high } = range;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { low, high };
};

/** Zero must have a code of its own: padding and ReLU need it. */
export const zero: Range = { low: 0, high: 0 };

export const BINS = 2048;
const OUTSIDE = 0.0005;
const SHRINKS = 40;

export function count(bins: Float64Array, { low, high }: Range, values: Float32Array): void {
  const factor = bins.length / (high - low);
  for (let i = 0; i < values.length; i++) {
    bins[Math.min(bins.length - 1, Math.max(0, Math.floor((values[i] - low) * factor)))]++;
  }
}

function percentile(bins: Float64Array, { low, high }: Range): Range {
  const total = bins.reduce((sum, one) => sum + one, 0);
  const width = (high - low) / bins.length;
  let [first, last] = [0, bins.length - 1];
  for (let sum = bins[first]; sum <= OUTSIDE * total && first < last; ) sum += bins[++first];
  for (let sum = bins[last]; sum <= OUTSIDE * total && last > first; ) sum += bins[--last];
  return { low: Math.min(0, low + first * width), high: Math.max(0, low + (last + 1) * width) };
}

/** Sum of squared errors when codes reach from low to high; a bin stands for its middle. */
function errorOf(bins: Float64Array, all: Range, { low, high }: Range): number {
  const width = (all.high - all.low) / bins.length;
  const rounding = ((high - low) / 255) ** 2 / 12;
  let sum = 0;
  for (let i = 0; i < bins.length; i++) {
    if (bins[i] === 0) continue;
    const value = all.low + (i + 0.5) * width;
    const beyond = value < low ? low - value : value > high ? value - high : 0;
    sum += bins[i] * (beyond > 0 ? beyond * beyond : rounding);
  }
  return sum;
}

function leastError(bins: Float64Array, all: Range): Range {
  let best = all;
  let least = errorOf(bins, all, all);
  const share = (step: number): number => 1 - step / (SHRINKS + 1);
  for (let a = 0; a < SHRINKS; a++) {
    for (let b = 0; b < SHRINKS; b++) {
      const range = { low: all.low * share(a), high: all.high * share(b) };
      const error = errorOf(bins, all, range);
      if (error < least) [best, least] = [range, error];
      if (all.high === 0) break;
    }
    if (all.low === 0) break;
  }
  return best;
}

/** `bins`: how often each part of `all` occurred. */
export function rangeFrom(method: RangeMethod, all: Range, bins: Float64Array): Range {
  if (method === 'minmax' || all.high === all.low) return all;
  return method === 'percentile' ? percentile(bins, all) : leastError(bins, all);
}
