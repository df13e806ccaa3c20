/** What an operator looks at again and again: how a federation stands and who its clients are, without copying its model. */
import type { Learned } from './checkpoint';
import type { Clock } from './clock';
import type { Overview, WatchedClient } from './coordinator-parts';
import type { FederationOptions } from './options';
import type { ClientRecord, RoundEvent, RoundState } from './round-state';
import { registered, statusOf } from './snapshot';
import { entries, get } from './table';

type Rules = Pick<FederationOptions, 'rounds' | 'missesUntilAway' | 'timing'>;

/** Ears for who was heard when: not part of the state, as it means nothing after a restart. */
export function createLastHeard({ now }: Pick<Clock, 'now'>) {
  const heard = new Map<string, number>();
  return {
    /** Call when the reducer has had the event: only clients of the registry are remembered. */
    take(event: RoundEvent, { clients }: RoundState): void {
      if (event.type === 'command' && event.command === 'reset') heard.clear();
      if ('client' in event && event.type !== 'release' && get(clients, event.client)) heard.set(event.client, now());
    },
    silence(client: string): number | undefined {
      const at = heard.get(client);
      return at === undefined ? undefined : now() - at;
    },
  };
}

/** 'asked': its answer is awaited. Without rounds each asking has a time of its own. */
const answerOf = (
  { answer, asked }: ClientRecord,
  { phase, asking }: RoundState,
  { timing }: Rules,
): WatchedClient['answer'] => {
  if (answer) return answer;
  const open = phase === 'collecting' || phase === 'statistics';
  const mine = timing.mode === 'async' && phase === 'collecting' ? asked > 0 : asked > 0 && asked === asking;
  return open && mine ? 'asked' : undefined;
};

/** `silence`: ms since a client was heard of; undefined: not in this process. */
export function overviewOf(
  state: RoundState,
  { bytesUp, bytesDown, curve = [] }: Learned,
  rules: Rules,
  silence: (client: string) => number | undefined,
): Omit<Overview, 'federation' | 'fingerprint' | 'metrics'> {
  const registry = entries(state.clients).map(([client, record]): WatchedClient => {
    const silentMs = silence(client);
    const { round, missed, failure, loss } = record;
    const answer = answerOf(record, state, rules);
    return {
      ...registered(client, record, rules),
      ...(round === undefined ? {} : { asked: round }),
      ...(answer ? { answer } : {}),
      ...(missed > 0 ? { missed } : {}),
      ...(answer === 'failed' && failure !== undefined ? { failure } : {}),
      ...(loss === undefined ? {} : { loss }),
      ...(silentMs === undefined ? {} : { silentMs }),
    };
  });
  return { ...statusOf(state, rules), registry, bytesUpTotal: bytesUp, bytesDownTotal: bytesDown, curve };
}
