/** What reputation makes of the registry: pure steps of the round's state. */
import type { FederationOptions } from './options';
import { evidenceAfter, isEnoughEvidence } from './reputation';
import type { ClientRecord, Rejected, RoundState } from './round-state';
import { entries, get, mapTable, put } from './table';

type Rules = Pick<FederationOptions, 'quarantine' | 'minClients' | 'quorum'>;

export const isQuarantined = ({ quarantined }: Pick<ClientRecord, 'quarantined'>): boolean => quarantined !== undefined;

export const quarantinedOf = (state: RoundState): string[] =>
  entries(state.clients).flatMap(([client, record]) => (isQuarantined(record) ? [client] : []));

/**
 * After the asking under way, when its model is made: who was rejected by the rule, or sent something that could not be used,
 * has more against it. Never are so many quarantined that too few would be left for a round.
 */
export function afterRound(state: RoundState, rejected: readonly Rejected[], rules: Rules): RoundState {
  const { quarantine } = rules;
  if (!quarantine || state.round === 0) return state;
  const reasons = new Map(rejected.map(({ client, reason }) => [client, reason]));
  const reasonOf = (client: string, { answer, failure }: ClientRecord): string | undefined =>
    answer === 'failed' ? `What it sent could not be used (${failure}).` : reasons.get(client);
  const isOut = (client: string, record: ClientRecord): boolean => reasonOf(client, record) !== undefined;
  const judged = entries(state.clients).filter(
    ([, { asked, answer }]) => asked === state.asking && (answer === 'update' || answer === 'failed'),
  );
  if (judged.length === 0) return state;
  const share = judged.filter(([client, record]) => isOut(client, record)).length / judged.length;
  const evidence = new Map(
    judged.map(([client, record]) => [client, evidenceAfter(record.evidence ?? 0, isOut(client, record), share)]),
  );
  const free = state.clients.size - quarantinedOf(state).length;
  const room = Math.max(0, free - Math.max(rules.minClients, rules.quorum));
  const worst = [...evidence]
    .filter(
      ([client, against]) =>
        isEnoughEvidence(against, quarantine) && get(state.clients, client)?.quarantined === undefined,
    )
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, room);
  const out = new Set(worst.map(([client]) => client));
  const clients = mapTable(state.clients, (record, client): ClientRecord => {
    const against = evidence.get(client);
    if (against === undefined) return record;
    const { evidence: _, ...rest } = record;
    const reason = reasonOf(client, record);
    return {
      ...rest,
      ...(against > 0 ? { evidence: against } : {}),
      ...(reason === undefined ? {} : { rejections: (record.rejections ?? 0) + 1, reason }),
      ...(out.has(client) ? { quarantined: state.round } : {}),
    };
  });
  return { ...state, clients };
}

/** Let back, with nothing against it. */
export function released(state: RoundState, client: string): RoundState {
  const record = get(state.clients, client);
  if (!record) return state;
  const { evidence: _, quarantined: __, rejections: ___, reason: ____, ...rest } = record;
  return { ...state, clients: put(state.clients, client, rest) };
}
