/** How a federation stands: for a status line, and all that can be looked at. */
import type { Learned } from './checkpoint';
import type { CoordinatorStatus, Registered, Snapshot } from './coordinator-parts';
import type { FederationOptions } from './options';
import type { ClientRecord, RoundState } from './round-state';
import { entries } from './table';

export const statusOf = (state: RoundState, { rounds }: Pick<FederationOptions, 'rounds'>): CoordinatorStatus => ({
  phase: state.phase,
  running: state.running,
  round: state.round,
  rounds,
  clients: state.clients.size - state.away,
  cohort: state.cohort,
  answers: state.updates + state.declined + state.failed,
  quarantined: state.quarantined,
});

export const registered = (
  client: string,
  { samples, missed, rejections, reason, quarantined }: ClientRecord,
  { missesUntilAway }: Pick<FederationOptions, 'missesUntilAway'>,
): Registered => ({
  client,
  samples,
  away: missed >= missesUntilAway,
  ...(rejections ? { rejections, reason } : {}),
  ...(quarantined === undefined ? {} : { quarantined }),
});

/** A copy: what is made of it changes nothing here. */
export const snapshotOf = (
  state: RoundState,
  { weights, normalisation, bytesUp, bytesDown }: Learned,
  options: Pick<FederationOptions, 'rounds' | 'missesUntilAway'>,
): Omit<Snapshot, 'federation' | 'fingerprint' | 'metrics'> => ({
  ...statusOf(state, options),
  weights: weights.slice(),
  ...(normalisation ? { normalisation: structuredClone(normalisation) } : {}),
  registry: entries(state.clients).map(([client, record]) => registered(client, record, options)),
  bytesUpTotal: bytesUp,
  bytesDownTotal: bytesDown,
});
