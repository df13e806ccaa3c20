import type { CoordinatorStatus } from '../../lib/federation/coordinator';
import type { FederationOptions } from '../../lib/federation/options';
import type { Status } from '../shared/status';

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
      else if (options.strategy.name === 'fedavg' || out)
        status.working('status.collecting', { round, answers, cohort, out });
      else status.working('status.collectingBy', { strategy: options.strategy.name, round, answers, cohort });
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
