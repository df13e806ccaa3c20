/**
 * Round 0: what the clients are asked to tell of their samples before the first training, and what becomes of it. Sums of
 * features give the normalisation; counts of labels the weights of the classes and the report of how unlike clients are.
 */
import { type ClassWeighting, classWeightsOf } from '../data/class-weights';
import { checkLabelCounts } from '../data/label-counts';
import { decodeStatistics, encodeStatistics, poolStatistics } from '../data/normalisation';
import { type Unlikeness, unlikeness } from '../data/unlikeness';
import { inputSize, type ModelSpec } from '../model';
import { RefusedError } from '../refused';
import type { Normalisation, TrainingOptions } from '../training/engine';
import type { StatisticsRequestHeader } from '../update/message';
import type { FederatedModel } from './federated-model';
import type { Learner, Patience } from './learner';

export interface RoundZero {
  /** Sums and squares of the features. */
  sums: boolean;
  /** Classes whose samples are to be counted; 0: they are not asked for. */
  labels: number;
}

/** What a client told. */
export interface Statistics {
  /** [count, sums, squares]; [count] alone when no sums were asked for. */
  sums: Float64Array;
  /** Absent: it did not tell, as a board that keeps its rows for itself. */
  labels?: number[];
}

export interface Gathered {
  normalisation?: Normalisation;
  /** Samples of each class, over all clients that told. */
  labelCounts?: number[];
}

/** What must be known of the clients before round 1. */
export function roundZero(
  { spec, normalisation }: Pick<FederatedModel, 'spec' | 'normalisation'>,
  wish: { classWeighting?: ClassWeighting; unlikeness?: boolean },
): RoundZero {
  const counts = wish.classWeighting !== undefined || wish.unlikeness === true;
  if (counts && spec.task !== 'classify') {
    throw new RefusedError(
      'bad-setting',
      'Labels can be counted for a classifier only: type no automatic class weights and no report for this model.',
    );
  }
  return { sums: normalisation === 'federated', labels: counts ? (spec.labels?.length ?? 0) : 0 };
}

/** As it stands in the request. */
export const requestOf = ({ sums, labels }: RoundZero): Pick<StatisticsRequestHeader, 'sums' | 'labels'> => ({
  ...(sums ? {} : { sums: false }),
  ...(labels > 0 ? { labels } : {}),
});

export const asksAnything = ({ sums, labels }: RoundZero): boolean => sums || labels > 0;

/**
 * The client's answer. Counts that do not belong to the sums, since samples came in between, are left out; so are those of a
 * learner that does not know its labels. Rejects with what the learner rejects with.
 */
export async function statisticsOf(
  learner: Pick<Learner, 'count' | 'statistics' | 'labelCounts'>,
  { sums: wanted = true, labels: classes = 0 }: Pick<StatisticsRequestHeader, 'sums' | 'labels'>,
  patience: Patience,
): Promise<Statistics> {
  const asked = wanted ? learner.statistics(patience) : Float64Array.of(learner.count);
  const labels = classes > 0 ? learner.labelCounts?.(classes) : undefined;
  const sums = await asked;
  const counted = labels?.reduce((sum, count) => sum + count, 0);
  return { sums, ...(labels && counted === sums[0] ? { labels } : {}) };
}

export const encodeTold = ({ sums, labels = [] }: Statistics): Buffer =>
  encodeStatistics(Float64Array.of(...sums, ...labels));

/** `labels`: how many counts the header says there are. Throws RefusedError (code "statistics") for what cannot be. */
export function decodeTold(payload: Uint8Array, labels: number, asked: RoundZero, spec: ModelSpec): Statistics {
  const width = asked.sums ? inputSize(spec) : 0;
  const head = 1 + 2 * width;
  if ((labels !== 0 && labels !== asked.labels) || payload.byteLength !== 8 * (head + labels)) {
    throw new RefusedError(
      'statistics',
      `The statistics hold ${payload.byteLength} bytes and ${labels} label counts: they are not what was asked for.`,
    );
  }
  const sums = decodeStatistics(payload.subarray(0, 8 * head), width);
  if (labels === 0) return { sums };
  const view = new DataView(payload.buffer, payload.byteOffset + 8 * head);
  const counts = Array.from({ length: labels }, (_, i) => view.getFloat64(8 * i, true));
  checkLabelCounts(counts, sums[0]);
  return { sums, labels: counts };
}

/** Clients in the order of their names, so that arrival decides nothing. Throws RefusedError when nobody has a sample. */
export function gather(
  told: ReadonlyMap<string, Statistics>,
  asked: RoundZero,
  spec: ModelSpec,
): Gathered & { unlikeness?: Unlikeness } {
  const clients = [...told].sort(([a], [b]) => (a < b ? -1 : 1));
  const normalisation = asked.sums
    ? poolStatistics(
        clients.map(([, { sums }]) => sums),
        inputSize(spec),
      )
    : undefined;
  const counts = clients.flatMap(([client, { labels }]) => (labels ? [{ client, counts: labels }] : []));
  if (asked.labels === 0 || counts.length === 0) return { ...(normalisation ? { normalisation } : {}) };
  const report = unlikeness(counts);
  return { ...(normalisation ? { normalisation } : {}), labelCounts: report.pooled, unlikeness: report };
}

/** The training with the weights of the classes; as it is when they are not to be weighed, or nothing is known of them. */
export function weighted(
  training: TrainingOptions,
  weighting: ClassWeighting | undefined,
  counts: readonly number[] | undefined,
): TrainingOptions {
  if (!weighting || !counts?.some((count) => count > 0)) return training;
  return { ...training, classWeights: classWeightsOf(counts, weighting) };
}
