/** Prediction in batches of a few rows, which is all that the session must hold. */
import { setImmediate } from 'node:timers/promises';
import { abortError } from '../abort';
import type { PredictJob, PredictResult, Progress } from '../engine';
import { inverseDeviation, type Session } from './session';
import { SLICE_MS } from './slices';

export const PREDICT_BATCH = 32;

export async function predict(session: Session, job: PredictJob, progress?: Progress): Promise<PredictResult> {
  const started = performance.now();
  const { core, at, inputSize, outputSize } = session;
  session.putWeights(job.weights);
  const [meanAt, inverseAt, featuresAt, outAt] = session.place(
    job.normalisation && Float32Array.from(job.normalisation.mean),
    job.normalisation && inverseDeviation(job.normalisation),
    PREDICT_BATCH * inputSize,
    PREDICT_BATCH * outputSize,
  );
  const features = core.float32(featuresAt, PREDICT_BATCH * inputSize);
  const out = core.float32(outAt, PREDICT_BATCH * outputSize);
  const outputs = new Float32Array(job.count * outputSize);
  core.exports.set_samples(at, featuresAt, 0, PREDICT_BATCH, meanAt, inverseAt, 0, 0);
  let pause = started + SLICE_MS;
  for (let first = 0; first < job.count; first += PREDICT_BATCH) {
    const rows = Math.min(PREDICT_BATCH, job.count - first);
    features.set(job.features.subarray(first * inputSize, (first + rows) * inputSize));
    core.exports.predict(at, 0, rows, outAt);
    outputs.set(out.subarray(0, rows * outputSize), first * outputSize);
    if (performance.now() > pause) {
      if (progress && !progress(first + rows, job.count)) throw abortError();
      await setImmediate();
      pause = performance.now() + SLICE_MS;
    }
  }
  return { outputs, durationMs: performance.now() - started };
}
