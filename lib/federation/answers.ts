/** What clients say, taken into the state: joins, answers, and answers that are of no use. */
import { isBought, refusalOf } from './admission';
import type { Asking } from './asking';
import { isOfRun } from './attempt';
import { isQuarantined } from './quarantine';
import {
  type Answer,
  type ClientRecord,
  counted,
  type RoundEvent,
  type RoundRules,
  type RoundState,
  type Step,
  same,
  type Told,
  then,
} from './round-state';
import { get, put } from './table';
import { reachOf } from './timing/options';

/** Clients that come while nothing is asked get the model after so long: one message for all that come together, in ms. */
const ANNOUNCE_MS = 1000;

type Joined = Extract<RoundEvent, { type: 'join' }>;

export interface Answers {
  /** Books what a client answered. */
  mark(
    state: RoundState,
    answer: Answer,
    what: 'update' | 'decline' | 'failed',
    more?: Pick<ClientRecord, 'loss' | 'failure'>,
  ): RoundState;
  join(state: RoundState, event: Joined): Step;
  answer(state: RoundState, event: Told): Step;
  failed(state: RoundState, answer: Answer, code: string): Step;
}

export function refuse(state: RoundState, code: string, message: string): Step {
  const counts =
    code === 'late' ? { ...state, late: state.late + 1 } : { ...state, refused: counted(state.refused, code) };
  return same(counts, { type: 'refuse', code, message });
}

export const lossOf = (event: Told): Pick<ClientRecord, 'loss'> =>
  event.type === 'update' && event.loss !== undefined ? { loss: event.loss } : {};
export const claimOf = (event: Told): string => (event.type === 'update' ? event.claim : '');

export function createAnswers({ options }: RoundRules, asking: Asking): Answers {
  const { timing } = options;
  const reach = reachOf(timing);
  const overSelects = timing.mode === 'rounds' && (timing.overSelect ?? 0) > 0;
  const mark = (
    state: RoundState,
    { client }: Answer,
    answer: 'update' | 'decline' | 'failed',
    more: Pick<ClientRecord, 'loss' | 'failure'> = {},
  ): RoundState => {
    const record = get(state.clients, client);
    if (!record) return state;
    const { silent, ...rest } = record;
    return {
      ...state,
      heard: true,
      silent: state.silent - (silent ? 1 : 0),
      // A useful answer after a useless one: it counts, the other no longer.
      failed: state.failed + (answer === 'failed' ? 1 : 0) - (record.answer === 'failed' ? 1 : 0),
      clients: put(state.clients, client, { ...rest, missed: 0, answer, ...more }),
    };
  };

  /** An answer to an earlier round; between two rounds it is for the next. */
  const bought = (state: RoundState, event: Told): RoundState => {
    if (event.type === 'decline') return mark(state, event, 'decline');
    const next = mark(state, event, 'update', lossOf(event));
    const record = get(next.clients, event.client);
    const ahead = state.phase !== 'collecting' && record;
    return {
      ...next,
      bought: next.bought + 1,
      claims: counted(next.claims, claimOf(event)),
      clients: ahead ? put(next.clients, event.client, { ...record, ahead: true }) : next.clients,
    };
  };

  return {
    mark,
    join(state, { client, samples, facts }) {
      const known = get(state.clients, client);
      if (!known && state.clients.size >= options.maxClients) {
        return refuse(
          state,
          'too-many-clients',
          `"${client}" cannot join: this aggregator remembers at most ${options.maxClients} clients.`,
        );
      }
      const { silent, facts: _, ...record } = known ?? { samples, asked: 0, missed: 0 };
      const next: RoundState = {
        ...state,
        silent: state.silent - (silent ? 1 : 0),
        away: state.away - (asking.isPresent(record) || isQuarantined(record) ? 0 : 1),
        clients: put(state.clients, client, { ...record, samples, missed: 0, ...(facts ? { facts } : {}) }),
      };
      if ((next.phase === 'idle' || next.phase === 'finished') && next.round > 1 && !silent) {
        return same(next, { type: 'arm', timer: 'announce', ms: ANNOUNCE_MS });
      }
      if (next.phase !== 'gathering' || next.silent > 0 || !asking.isEnough(next)) return same(next);
      return then(same(next, { type: 'disarm', timer: 'grace' }), asking.proceed);
    },

    answer(state, event) {
      const refusal = refusalOf(state, event, reach);
      if (refusal?.code === 'late' && overSelects && isOfRun(event.attempt, state.run)) {
        // More were asked than were needed: that one of them comes late is as it should be.
        return same({ ...state, late: state.late + 1 });
      }
      // An asking that is over has been given up: nothing is wrong.
      if (refusal?.code === 'late' && event.type === 'decline' && reach > 0) return same(state);
      if (refusal) return refuse(state, refusal.code, refusal.message);
      if (isBought(state, event, reach)) return same(bought(state, event));
      if (event.type === 'decline') {
        const next = mark(state, event, 'decline');
        const withheld = next.withheld + (event.withheld === undefined ? 0 : 1);
        return asking.settle({ ...next, declined: next.declined + 1, withheld });
      }
      const next = mark(state, event, 'update', lossOf(event));
      return asking.settle({ ...next, updates: next.updates + 1, claims: counted(next.claims, claimOf(event)) });
    },

    failed(state, answer, code) {
      const next = { ...state, refused: counted(state.refused, code) };
      const event: Told =
        state.phase === 'statistics' ? { ...answer, type: 'statistics' } : { ...answer, type: 'decline' };
      // Of no use, and late besides: the client is free again.
      if (refusalOf(state, event, reach)) return same(next);
      return isBought(state, event, reach)
        ? same(mark(next, answer, 'decline'))
        : asking.settle(mark(next, answer, 'failed', { failure: code }));
    },
  };
}
