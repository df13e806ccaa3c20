/** What is told of each asked round: one record, plain JSON, fit for a dashboard or a database. */
import type { PrivacyClaim, Threshold } from '../update/message';
import type { RoundCounts } from './round-state';
import type { UpdateFacts } from './strategies/strategy';

export interface RoundMetrics {
  federation: string;
  round: number;
  /** Name of the strategy. */
  strategy: string;
  /** What took the place of the mean, and whose updates it left out, with their scores; absent: the mean of all. */
  rule?: string;
  rejected?: { client: string; reason: string; score: number }[];
  /** Clients that are no longer asked; absent: none. */
  quarantined?: string[];
  /** What the clients were told, where it falls over the rounds. */
  learningRate?: number;
  /** How many were asked. */
  cohort: number;
  /** Updates in the new model. */
  updates: number;
  /** Those of them that are for an earlier round; absent: none. */
  stale?: number;
  declined: number;
  /** Those of them whose update was not worth its bytes, and what that saved, by what updates take; absent: none. */
  withheld?: number;
  bytesSaved?: number;
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
  /** How much of that were vectors behind the model and behind the updates; absent where there were none. */
  furtherBytesUp?: number;
  furtherBytesDown?: number;
  bytesUpTotal: number;
  bytesDownTotal: number;
  /** From the asking to the new model, in ms. */
  durationMs: number;
  /** Clients in the registry. */
  clients: number;
  /** Of anomalies, where the federation asks for one. */
  threshold?: Threshold;
  /** What the updates stated about privacy; `epsilon` is the largest that a client has spent so far. */
  privacy?: PrivacyClaim;
  /** Adaptive clipping: the noised share of updates whose norm was at most C, and C of the next round. */
  clipping?: { share: number; next: number };
  /** Of a masked round: updates in the sum, and of the cohort those that are not; absent: the updates were seen. */
  secure?: { masked: number; dropped: number };
  /** Clients that have lost what they kept for the strategy: all begin with zeros again. */
  lost?: string[];
  /** Noise as a tree: its first round, the leaf of this one (from 1), and the nodes whose noise is in the sum so far. */
  tree?: { begun: number; leaf: number; nodes: number };
  /** Of a strategy with groups, in their order: who counted to each, and their mean loss. */
  groups?: { clients: string[]; samples: number; loss?: number; threshold?: Threshold }[];
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
  // What is beyond all numbers JSON would make to null.
  return samples > 0 && Number.isFinite(sum) ? sum / samples : undefined;
}

/** What would have travelled: as much as the updates that did, on average; `plain` bytes where none did. */
export const savedBytes = (
  { updates, withheld = 0 }: RoundCounts,
  bytesUp: number,
  plain: number,
): Pick<RoundMetrics, 'bytesSaved'> =>
  withheld > 0 ? { bytesSaved: Math.round(withheld * (updates > 0 ? bytesUp / updates : plain)) } : {};

/** All vectors of a message are coded alike, so each has its share of the bytes. `up`, `down`: vectors in a message. */
export const furtherBytes = (
  { bytesUp, bytesDown }: Pick<RoundMetrics, 'bytesUp' | 'bytesDown'>,
  { up, down }: { up: number; down: number },
): Pick<RoundMetrics, 'furtherBytesUp' | 'furtherBytesDown'> => ({
  ...(up > 1 ? { furtherBytesUp: Math.round((bytesUp * (up - 1)) / up) } : {}),
  ...(down > 1 ? { furtherBytesDown: Math.round((bytesDown * (down - 1)) / down) } : {}),
});

export const countsOf = ({ cohort, updates, stale, declined, withheld, late, refused }: RoundCounts) => ({
  cohort,
  updates,
  ...(stale ? { stale } : {}),
  declined,
  ...(withheld ? { withheld } : {}),
  late,
  refused: Object.fromEntries(refused),
});
