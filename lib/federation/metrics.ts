/** What is told of each asked round: one record, plain JSON, fit for a dashboard or a database. */
import type { PrivacyClaim } from '../update/message';
import type { RoundCounts } from './round-state';
import type { UpdateFacts } from './strategies/strategy';

export interface RoundMetrics {
  federation: string;
  round: number;
  /** How many were asked. */
  cohort: number;
  /** Updates in the new model. */
  updates: number;
  declined: number;
  /** Messages refused since the record before, by code. */
  refused: Record<string, number>;
  /** Answers that came after their round since the record before. */
  late: number;
  /** Examples trained on, over all updates. */
  samples: number;
  /** Mean of the clients' training losses, weighted by their samples; absent when none told one. */
  loss?: number;
  /** Euclidean norm of the change of the model. */
  updateNorm: number;
  /** Bytes of the vectors as they travelled: accepted updates; the model once for each client asked. */
  bytesUp: number;
  bytesDown: number;
  bytesUpTotal: number;
  bytesDownTotal: number;
  /** From the asking to the new model, in ms. */
  durationMs: number;
  /** Clients in the registry. */
  clients: number;
  /** What the updates stated about privacy; `epsilon` is the largest that a client has spent so far. */
  privacy?: PrivacyClaim;
  /** Why the round changed nothing; absent: it did. */
  void?: string;
}

/** Weighted by samples; the updates are sorted by client, so that the bits do not depend on who was faster. */
export function meanLoss(updates: readonly UpdateFacts[]): number | undefined {
  let sum = 0;
  let samples = 0;
  for (const update of updates) {
    const { loss } = update.metrics;
    if (loss === undefined || !Number.isFinite(loss)) continue;
    sum += update.samples * loss;
    samples += update.samples;
  }
  return samples > 0 ? sum / samples : undefined;
}

export const countsOf = ({ cohort, updates, declined, late, refused }: RoundCounts) => ({
  cohort,
  updates,
  declined,
  late,
  refused: Object.fromEntries(refused),
});
