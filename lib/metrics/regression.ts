/** Errors of foretold numbers. Arrays of the same length; several targets a sample are taken all together. */

function check(truth: ArrayLike<number>, foretold: ArrayLike<number>): number {
  if (truth.length !== foretold.length) throw new RangeError(`${truth.length} truths for ${foretold.length} numbers`);
  if (truth.length === 0) throw new RangeError('there is nothing to measure');
  return truth.length;
}

/** Mean of |error|. */
export function meanAbsoluteError(truth: ArrayLike<number>, foretold: ArrayLike<number>): number {
  const n = check(truth, foretold);
  let sum = 0;
  for (let i = 0; i < n; i++) sum += Math.abs(truth[i] - foretold[i]);
  return sum / n;
}

/** Square root of the mean of error^2. */
export function rootMeanSquaredError(truth: ArrayLike<number>, foretold: ArrayLike<number>): number {
  const n = check(truth, foretold);
  let sum = 0;
  for (let i = 0; i < n; i++) sum += (truth[i] - foretold[i]) ** 2;
  return Math.sqrt(sum / n);
}

/** 1 - (squared error) / (squared distance from the mean). For a constant truth: 1 when foretold exactly, else 0. */
export function rSquared(truth: ArrayLike<number>, foretold: ArrayLike<number>): number {
  const n = check(truth, foretold);
  let mean = 0;
  for (let i = 0; i < n; i++) mean += truth[i] / n;
  let error = 0;
  let spread = 0;
  for (let i = 0; i < n; i++) {
    error += (truth[i] - foretold[i]) ** 2;
    spread += (truth[i] - mean) ** 2;
  }
  if (spread === 0) return error === 0 ? 1 : 0;
  return 1 - error / spread;
}
