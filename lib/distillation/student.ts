/** A student of a whole federation: it is taught what the mean of its clients' logits says of the public rows (FedDF, arXiv 2006.07242). */
import type { FederatedModel } from '../federation/federated-model';
import { RefusedError } from '../refused';
import type { TrainingOptions } from '../training/engine';
import { consensusOf } from './consensus-model';
import { checkSameLabels, softTargets } from './logits';
import type { PublicRows } from './public-rows';
import { type Taught, teach, type Watch, type WatchedTrain } from './teach';

export interface StudentJob {
  consensus: FederatedModel;
  /** The vector of the consensus: rows x labels. */
  logits: Float32Array;
  rows: PublicRows;
  student: FederatedModel;
  /** Absent: its first weights. */
  start?: Float32Array;
  temperature: number;
  options: TrainingOptions;
}

/** The federation has said something of the rows: before its first round the vector is all zero. */
export const saysSomething = (logits: Float32Array): boolean => logits.some((value) => value !== 0);

/** Why rows are not those of a federation, in one sentence; undefined: they are. */
export function otherRows(consensus: FederatedModel, rows: PublicRows | undefined): string | undefined {
  const { digest, rows: wanted } = consensusOf(consensus);
  if (!rows || rows.count === 0) {
    return `There are no public rows yet: the federation has ${wanted} of digest ${digest}.`;
  }
  if (rows.count === wanted && rows.digest === digest) return undefined;
  return `The public rows here are ${rows.count} of digest ${rows.digest}, those of the federation ${wanted} of digest ${digest}: give all the same rows, and their number and digest to the fl-model.`;
}

/**
 * Rejects as teach(); with RefusedError 'public-rows' for other rows, 'distill-labels' for a student of other labels, 'no-predictions'
 * before the federation's first round.
 */
export async function studentOf(job: StudentJob, train: WatchedTrain, watch: Watch): Promise<Taught> {
  const { consensus, logits, rows, student, start, temperature, options } = job;
  const reason = otherRows(consensus, rows);
  if (reason !== undefined) throw new RefusedError('public-rows', reason);
  checkSameLabels(consensus.spec, student.spec);
  if (!saysSomething(logits)) {
    throw new RefusedError(
      'no-predictions',
      'The federation has not said anything of the public rows yet: wait for its first round.',
    );
  }
  const soft = softTargets(logits, student.spec, { temperature, share: 1 });
  const unlabelled = { features: rows.features, targets: new Float32Array(0), count: rows.count };
  return teach({ student, start, rows: unlabelled, soft, options }, train, watch);
}
