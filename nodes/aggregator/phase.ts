import type { CoordinatorStatus } from '../../lib/federation/coordinator';
import type { FederationOptions } from '../../lib/federation/options';
import { STATUS_LENGTH, type Status } from '../shared/status';

/** Less of the strategy's name says little. */
const LEAST_NAME = 4;

interface Counts extends Record<string, string | number> {
  round: number;
  answers: number;
  cohort: number;
  out: string;
}

/** The name of the strategy gives way to the counts, which are what one looks for; plain FedAvg needs none. */
function showCounts(status: Status, name: string, counts: Counts): void {
  const { round, answers, cohort, out } = counts;
  const room = STATUS_LENGTH - ` ${round}: ${answers}/${cohort}${out && ` ${out}`}`.length;
  const plain = name === 'fedavg' || out !== '';
  if (room < (plain ? 'round'.length : LEAST_NAME)) status.working('status.counts', counts);
  else if (plain) status.working('status.collecting', counts);
  else {
    const strategy = name.length <= room ? name : `${name.slice(0, room - 1)}…`;
    status.working('status.collectingBy', { strategy, ...counts });
  }
}

/** The line under the node for where the federation stands. */
export function showPhase(status: Status, now: CoordinatorStatus, options: FederationOptions): void {
  const { phase, round, rounds, clients, cohort, answers, quarantined } = now;
  /** Behind the text: how many are in quarantine. */
  const out = quarantined > 0 ? `⊘${quarantined}` : '';
  switch (phase) {
    case 'idle':
      if (round > 1) status.waiting('status.paused', { round, out });
      else status.waiting('status.idle', { out });
      return;
    case 'gathering':
      status.waiting('status.gathering', {
        present: clients,
        wanted: Math.max(options.minClients, options.quorum),
        out,
      });
      return;
    case 'statistics':
      status.working('status.statistics', { answers, cohort });
      return;
    case 'collecting':
      if (options.timing.mode === 'async') status.working('status.versions', { round, cohort });
      else showCounts(status, options.strategy.name, { round, answers, cohort, out });
      return;
    case 'saving':
      status.working('status.saving', { round, out });
      return;
    case 'waiting':
      status.ready('status.waiting', { round, out });
      return;
    case 'finished':
      status.ready('status.finished', { rounds, out });
      return;
  }
}
