/** How much is pruned in a round: Zhu & Gupta 2017 (arXiv 1710.01878), from nothing at `begin` to `sparsity` at `end`, fast at first. */
import { RefusedError } from '../refused';

export interface PruneSchedule {
  /** Share that is pruned in the end, above 0 and below 1. */
  sparsity: number;
  /** The first round whose model is pruned, and the one from which on it is pruned as far as it ever will be. */
  begin: number;
  end: number;
  /** More is pruned every so many rounds; in between the mask rests. */
  every: number;
}

/** Throws RefusedError 'bad-setting'. */
export function checkSchedule({ sparsity, begin, end, every }: PruneSchedule): void {
  const bad = (message: string): never => {
    throw new RefusedError('bad-setting', message);
  };
  if (!(sparsity > 0 && sparsity < 1)) bad('Prune a share above 0 and below 100 %.');
  for (const round of [begin, end, every]) {
    if (!Number.isInteger(round) || round < 1) bad('The rounds of pruning are whole numbers from 1 on.');
  }
  if (end < begin) bad('Let the pruning end no earlier than it begins.');
}

/**
 * s (1 - (1 - t)^3), t the part of the way from `begin` to `end`. Zhu & Gupta count from nothing pruned at step 0 to step n; here
 * round `begin` is the first step, so that it prunes something.
 */
export function sparsityAt(round: number, { sparsity, begin, end, every }: PruneSchedule): number {
  if (round < begin) return 0;
  if (round >= end) return sparsity;
  const steps = Math.floor((end - begin) / every) + 1;
  const step = Math.floor((round - begin) / every) + 1;
  return sparsity * (1 - (1 - Math.min(1, step / steps)) ** 3);
}
