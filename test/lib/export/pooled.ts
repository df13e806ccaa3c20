import type { Normalisation } from '../../../lib/training/engine';

/** Mean and deviation of each channel (the last axis) over all rows and steps, repeated for each step. */
export function pooled(values: Float32Array, channels: number, steps: number): Normalisation {
  const count = values.length / channels;
  const mean = new Array<number>(channels).fill(0);
  const square = new Array<number>(channels).fill(0);
  values.forEach((value, i) => {
    mean[i % channels] += value / count;
  });
  values.forEach((value, i) => {
    square[i % channels] += (value - mean[i % channels]) ** 2 / count;
  });
  const std = square.map(Math.sqrt);
  return {
    mean: Array.from({ length: steps }, () => mean).flat(),
    std: Array.from({ length: steps }, () => std).flat(),
  };
}
