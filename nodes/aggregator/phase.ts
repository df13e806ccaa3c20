import type { CoordinatorStatus } from '../../lib/federation/coordinator';
import type { FederationOptions } from '../../lib/federation/options';
import type { Status } from '../shared/status';

/** The line under the node for where the federation stands. */
export function showPhase(status: Status, now: CoordinatorStatus, options: FederationOptions): void {
  const { phase, round, rounds, clients, cohort, answers } = now;
  switch (phase) {
    case 'idle':
      if (round > 1) status.waiting('status.paused', { round });
      else status.waiting('status.idle');
      return;
    case 'gathering':
      status.waiting('status.gathering', { present: clients, wanted: Math.max(options.minClients, options.quorum) });
      return;
    case 'statistics':
      status.working('status.statistics', { answers, cohort });
      return;
    case 'collecting':
      if (options.timing.mode === 'async') status.working('status.versions', { round, cohort });
      else if (options.strategy.name === 'fedavg') status.working('status.collecting', { round, answers, cohort });
      else status.working('status.collectingBy', { strategy: options.strategy.name, round, answers, cohort });
      return;
    case 'saving':
      status.working('status.saving', { round });
      return;
    case 'waiting':
      status.ready('status.waiting', { round });
      return;
    case 'finished':
      status.ready('status.finished', { rounds });
      return;
  }
}
