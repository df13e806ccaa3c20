/**
 * Above which reconstruction error a sample is an anomaly: a quantile of the errors that the clients have on their own
 * samples, which they tell as a sketch with each update. It is of the model that the round began with, so it follows one
 * round behind.
 */
import {
  decodeSketch,
  encodeSketch,
  mergeSketches,
  sketchCount,
  sketchOf,
  sketchQuantile,
} from '../metrics/quantile-sketch';
import { reconstructionErrors } from '../metrics/reconstruction';
import type { ModelSpec } from '../model';
import { RefusedError } from '../refused';
import type { PredictJob, PredictResult, SampleBlock } from '../training/engine';
import { limits } from '../update/limits';
import type { Threshold } from '../update/message';
import type { GlobalModel } from './learner';
import type { UpdateFacts } from './strategies/strategy';

/** Of each group; null: nothing is known of it. */
export type GroupThresholds = readonly (Threshold | null)[];

export interface ThresholdOptions {
  /** Share of the clients' own samples that shall lie below it, such as 0.995. */
  quantile: number;
}

/** Throws RefusedError (code "bad-setting"). */
export function checkThreshold({ quantile }: ThresholdOptions): void {
  if (!(quantile > 0 && quantile < 1)) {
    throw new RefusedError('bad-setting', 'Set the quantile of the threshold between 0 and 1, such as 0.995.');
  }
}

/** Of an autoencoder only. */
export function requireErrors(spec: ModelSpec, threshold: ThresholdOptions | undefined): void {
  if (threshold && spec.task !== 'anomaly') {
    throw new RefusedError('bad-setting', 'A threshold belongs to a model that detects anomalies: set none here.');
  }
}

/** The threshold after a round; undefined when no update told its errors. The same whatever the order of the updates. */
export function thresholdOf(
  updates: readonly Pick<UpdateFacts, 'errors'>[],
  { quantile }: ThresholdOptions,
  round: number,
): Threshold | undefined {
  const sketches = updates.flatMap(({ errors }) => (errors ? [decodeSketch(errors, limits.samples)] : []));
  const merged = mergeSketches(sketches);
  const value = sketchQuantile(merged, quantile);
  return value === undefined ? undefined : { quantile, value, samples: sketchCount(merged), round };
}

/**
 * Of each group by itself, of the updates of its clients; where none of them tells, as it was before.
 */
export function groupThresholds(
  parts: readonly (readonly Pick<UpdateFacts, 'errors'>[])[],
  wanted: ThresholdOptions,
  round: number,
  before: GroupThresholds = [],
): GroupThresholds {
  return parts.map((updates, group) => thresholdOf(updates, wanted, round) ?? before[group] ?? null);
}

/** As a message tells it: of one group, or of all in the order of their models. `own`: of the groups; absent: none is known. */
export function thresholdTold(
  wanted: ThresholdOptions,
  pooled: Threshold | undefined,
  own: GroupThresholds | undefined,
  { group, models }: { group?: number; models: number },
): Threshold {
  const all: Threshold = { ...wanted, ...pooled };
  if (!own || !pooled) return all;
  if (group !== undefined) return { ...all, ...own[group] };
  if (models !== own.length) return all;
  const groups = own.map((one) =>
    one?.value === undefined || one.samples === undefined ? null : { value: one.value, samples: one.samples },
  );
  return { ...all, groups };
}

/** The threshold of one group out of a message that tells those of all. */
export function thresholdOfGroup(threshold: Threshold, group: number): Threshold {
  const { groups, ...rest } = threshold;
  return { ...rest, ...groups?.[group] };
}

/** Where a threshold stands, and how many samples are behind it. */
export interface OwnThreshold {
  value: number;
  samples: number;
}

export interface ErrorParts {
  spec: ModelSpec;
  bank: { block(): SampleBlock };
  predict(job: PredictJob, control: { signal: AbortSignal }): Promise<Pick<PredictResult, 'outputs'>>;
}

/** The client's part: the errors of a model on the samples it holds now, as a sketch; undefined when it holds none. */
export async function errorSketch(
  { spec, bank, predict }: ErrorParts,
  { weights, normalisation }: Pick<GlobalModel, 'weights' | 'normalisation'>,
  signal: AbortSignal,
): Promise<number[] | undefined> {
  const { features, count } = bank.block();
  if (count === 0) return undefined;
  const { outputs } = await predict({ spec, weights, features, count, normalisation }, { signal });
  const errors = reconstructionErrors(features, outputs, count, normalisation);
  // What is not finite is as far off as can be.
  return encodeSketch(sketchOf(errors.map((error) => (Number.isFinite(error) ? error : Number.MAX_VALUE))));
}

/**
 * The threshold of one client's own model: the same quantile of its errors on the samples of `bank`, as exact as the
 * federation's. Undefined when there are none. It stays with the client.
 */
export async function ownThreshold(
  parts: ErrorParts,
  model: Pick<GlobalModel, 'weights' | 'normalisation'>,
  quantile: number,
  signal: AbortSignal,
): Promise<OwnThreshold | undefined> {
  const told = await errorSketch(parts, model, signal);
  if (!told) return undefined;
  const sketch = decodeSketch(told, limits.samples);
  const value = sketchQuantile(sketch, quantile);
  return value === undefined ? undefined : { value, samples: sketchCount(sketch) };
}

/** Held-out samples tell of errors that the model was not trained on; where they are too few for the quantile to lie among them, all do. */
export const enoughFor = (quantile: number, samples: number): boolean => samples * (1 - quantile) >= 1;
