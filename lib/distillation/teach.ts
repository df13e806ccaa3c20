/** A student learns from a teacher's softened predictions (Hinton 2015, arXiv 1503.02531). */
import { poolStatistics, statisticsOf } from '../data/normalisation';
import { type FederatedModel, firstWeights } from '../federation/federated-model';
import { inputSize, refuseConsensus, targetWidth } from '../model';
import type {
  Normalisation,
  SampleBlock,
  SoftTargets,
  TrainingOptions,
  TrainJob,
  TrainResult,
} from '../training/engine';
import type { PublicRows } from './public-rows';

/** How a training is watched and stopped. */
export interface Watch {
  signal: AbortSignal;
  /** From 0 to 1. */
  onProgress(fraction: number): void;
}

/** A pool's train() is one. */
export type WatchedTrain = (job: TrainJob, watch: Watch) => Promise<TrainResult>;

type Rows = Pick<PublicRows, 'features' | 'count' | 'width'>;

/** Of the features of the rows: the same wherever the rows are the same. Throws RefusedError 'statistics' without rows. */
export const normalisationOf = ({ features, count, width }: Rows): Normalisation =>
  poolStatistics([statisticsOf({ features, targets: new Float32Array(0), count }, width)], width);

/** What the inputs of a network are normalised by when nobody tells it: as its model says, else by these rows. */
export function ownNormalisation({ normalisation }: FederatedModel, rows: Rows): Normalisation | undefined {
  if (normalisation === 'none') return undefined;
  return normalisation === 'federated' ? normalisationOf(rows) : normalisation;
}

export interface TeachJob {
  student: FederatedModel;
  /** Absent: its first weights. */
  start?: Float32Array;
  /** As the layers get them. With all of the loss the teacher's the targets may be empty. */
  rows: SampleBlock;
  /** Absent: as the student's model says, else by the rows. */
  normalisation?: Normalisation;
  /** A row of probabilities for each row. */
  soft: SoftTargets;
  options: TrainingOptions;
}

export interface Taught extends TrainResult {
  normalisation?: Normalisation;
}

/** Rejects with what `train` rejects with; RefusedError 'consensus' for a student that is no network. */
export async function teach(job: TeachJob, train: WatchedTrain, watch: Watch): Promise<Taught> {
  const { student, rows, soft, options, start = firstWeights(student) } = job;
  const { spec } = student;
  refuseConsensus(spec);
  const isUnlabelled = soft.share >= 1 && rows.targets.length === 0;
  const samples = isUnlabelled ? { ...rows, targets: new Float32Array(rows.count * targetWidth(spec)) } : rows;
  const normalisation = job.normalisation ?? ownNormalisation(student, { ...rows, width: inputSize(spec) });
  const result = await train({ spec, weights: start, samples, normalisation, soft, options }, watch);
  return { ...result, ...(normalisation ? { normalisation } : {}) };
}
