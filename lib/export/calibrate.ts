/**
 * Which numbers pass between the layers when samples go through the model. The model is run by its own engine, as far as
 * each layer in turn, so that no second forward pass is needed here.
 */
import { layoutOf } from '../model/layout';
import { outputSize } from '../model/shapes';
import type { ModelSpec } from '../model/spec';
import { modelUpTo } from '../model/up-to';
import { RefusedError } from '../refused';
import type { Engine, Normalisation, Progress, SampleBlock } from '../training/engine';
import { BINS, count, type Range, type RangeMethod, rangeFrom, widened, zero } from './ranges';
import type { Measured } from './stages';

/** Numbers that are looked at together. */
const MOST_NUMBERS = 1 << 20;

export interface CalibrationJob {
  spec: ModelSpec;
  weights: Float32Array;
  normalisation?: Normalisation;
  samples: SampleBlock;
  method: RangeMethod;
}

async function outputs(
  engine: Pick<Engine, 'predict'>,
  job: CalibrationJob,
  what: Measured,
  visit: (values: Float32Array) => void,
  progress?: Progress,
): Promise<void> {
  const part = modelUpTo(job.spec, what.layer, what.linear);
  const weights = job.weights.subarray(0, layoutOf(part).size);
  const width = job.samples.features.length / job.samples.count;
  const rows = Math.max(1, Math.floor(MOST_NUMBERS / outputSize(part)));
  for (let first = 0; first < job.samples.count; first += rows) {
    const now = Math.min(rows, job.samples.count - first);
    const features = job.samples.features.subarray(first * width, (first + now) * width);
    const { normalisation } = job;
    const result = await engine.predict({ spec: part, weights, features, count: now, normalisation }, progress);
    visit(result.outputs);
  }
}

const check = (range: Range): Range => {
  if (Number.isFinite(range.low) && Number.isFinite(range.high)) return range;
  throw new RefusedError('not-finite', 'The model gives numbers that are not finite on these samples: train it anew.');
};

/** Of plain numbers, such as the features. */
export function rangeOf(values: Float32Array, method: RangeMethod): Range {
  const all = check(widened(zero, values));
  const bins = new Float64Array(BINS);
  if (method !== 'minmax' && all.high > all.low) count(bins, all, values);
  return rangeFrom(method, all, bins);
}

export async function measuredRange(
  engine: Pick<Engine, 'predict'>,
  job: CalibrationJob,
  what: Measured,
  progress?: Progress,
): Promise<Range> {
  let all = zero;
  await outputs(
    engine,
    job,
    what,
    (values) => {
      if (!values.every(Number.isFinite)) check({ low: Number.NaN, high: 0 });
      all = widened(all, values);
    },
    progress,
  );
  if (job.method === 'minmax' || all.low === all.high) return all;
  const bins = new Float64Array(BINS);
  await outputs(engine, job, what, (values) => count(bins, all, values), progress);
  return rangeFrom(job.method, all, bins);
}
