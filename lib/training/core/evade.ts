/** Samples moved against a model, a batch at a time. */
import { setImmediate } from 'node:timers/promises';
import { refusalOf } from '../../core/program';
import { streamSeed } from '../../random/generator';
import { RefusedError } from '../../refused';
import { abortError } from '../abort';
import type { EvasionJob, EvasionOptions, EvasionResult, Progress } from '../engine';
import { wholeEvasion } from '../evasion-options';
import { finiteAt, inverseDeviation, type Session } from './session';
import { SLICE_MS } from './slices';

export const EVASION_BATCH = 32;
const METHODS = { fgsm: 1, pgd: 2 };

export function setAdversary(
  { core, at }: Session,
  evasion: EvasionOptions | undefined,
  share: number,
  seed: number,
): void {
  if (!evasion) {
    core.exports.set_adversary(at, 0, 0, 0, 0, 0, 0);
    return;
  }
  const { method, steps, epsilon, stepSize } = wholeEvasion(evasion);
  core.exports.set_adversary(at, METHODS[method], steps, epsilon, stepSize, share, streamSeed(seed, 'adversary'));
}

/** From normalised units to the samples' own; a number that did not move keeps its bits. */
function unmove(
  moved: Float32Array,
  features: Float32Array,
  normalisation: EvasionJob['normalisation'],
  out: Float32Array,
): void {
  const mean = normalisation && Float32Array.from(normalisation.mean);
  const inverse = normalisation && inverseDeviation(normalisation);
  const width = mean?.length ?? 1;
  for (let i = 0; i < moved.length; i++) {
    const j = i % width;
    const before = mean && inverse ? Math.fround(Math.fround(features[i] - mean[j]) * inverse[j]) : features[i];
    out[i] = features[i] + (moved[i] - before) / (inverse?.[j] ?? 1);
  }
}

export async function evade(session: Session, job: EvasionJob, progress?: Progress): Promise<EvasionResult> {
  const started = performance.now();
  const { core, at, inputSize } = session;
  const { samples, normalisation } = job;
  session.putWeights(job.weights);
  const [featuresAt, targetsAt, meanAt, inverseAt, movedAt] = session.place(
    samples.features,
    samples.targets,
    normalisation && Float32Array.from(normalisation.mean),
    normalisation && inverseDeviation(normalisation),
    EVASION_BATCH * inputSize,
  );
  if (!finiteAt(core, featuresAt, samples.features.length) || !finiteAt(core, targetsAt, samples.targets.length)) {
    throw new RefusedError('samples', 'The samples hold numbers that are not finite: remove those rows.');
  }
  core.exports.set_samples(at, featuresAt, targetsAt, samples.count, meanAt, inverseAt, 0, 0);
  setAdversary(session, job.evasion, 1, job.seed);
  const features = new Float32Array(samples.features.length);
  let pause = started + SLICE_MS;
  for (let first = 0; first < samples.count; first += EVASION_BATCH) {
    const rows = Math.min(EVASION_BATCH, samples.count - first);
    const refused = core.exports.attack(at, first, rows, movedAt);
    if (refused < 0) throw refusalOf(refused);
    const [from, to] = [first * inputSize, (first + rows) * inputSize];
    const moved = core.float32(movedAt, to - from);
    unmove(moved, samples.features.subarray(from, to), normalisation, features.subarray(from, to));
    if (performance.now() > pause) {
      if (progress && !progress(first + rows, samples.count)) throw abortError();
      await setImmediate();
      pause = performance.now() + SLICE_MS;
    }
  }
  if (!features.every(Number.isFinite)) {
    throw new RefusedError('not-finite', 'The attack left the finite numbers: take a smaller epsilon.');
  }
  return { features, durationMs: performance.now() - started };
}
