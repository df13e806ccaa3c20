/** What clients say, taken into the state: joins, answers, and answers that are of no use. */
import { refusalOf } from './admission';
import type { Asking } from './asking';
import {
  type Answer,
  counted,
  type RoundEvent,
  type RoundRules,
  type RoundState,
  same,
  type Step,
  then,
} from './round-state';
import { get, put } from './table';

/** Different privacy claims in one round; further ones are refused. */
const MAX_CLAIMS = 8;

type Told = Extract<RoundEvent, { type: 'statistics' | 'update' | 'decline' }>;

export interface Answers {
  join(state: RoundState, client: string, samples: number): Step;
  answer(state: RoundState, event: Told): Step;
  failed(state: RoundState, answer: Answer, code: string): Step;
}

function refuse(state: RoundState, code: string, message: string): Step {
  const counts =
    code === 'late' ? { ...state, late: state.late + 1 } : { ...state, refused: counted(state.refused, code) };
  return same(counts, { type: 'refuse', code, message });
}

export function createAnswers({ options }: RoundRules, asking: Asking): Answers {
  const mark = (state: RoundState, { client }: Answer, answer: 'update' | 'decline' | 'failed'): RoundState => {
    const record = get(state.clients, client);
    if (!record) return state;
    const { silent, ...rest } = record;
    return {
      ...state,
      heard: true,
      silent: state.silent - (silent ? 1 : 0),
      // A useful answer after a useless one: it counts, the other no longer.
      failed: state.failed + (answer === 'failed' ? 1 : 0) - (record.answer === 'failed' ? 1 : 0),
      clients: put(state.clients, client, { ...rest, missed: 0, answer }),
    };
  };

  return {
    join(state, client, samples) {
      const known = get(state.clients, client);
      if (!known && state.clients.size >= options.maxClients) {
        return refuse(
          state,
          'too-many-clients',
          `"${client}" cannot join: this aggregator remembers at most ${options.maxClients} clients.`,
        );
      }
      const { silent, ...record } = known ?? { samples, asked: 0, missed: 0 };
      const next: RoundState = {
        ...state,
        silent: state.silent - (silent ? 1 : 0),
        away: state.away - (asking.isPresent(record) ? 0 : 1),
        clients: put(state.clients, client, { ...record, samples, missed: 0 }),
      };
      if (next.phase !== 'gathering' || next.silent > 0 || !asking.isEnough(next)) return same(next);
      return then(same(next, { type: 'disarm', timer: 'grace' }), asking.proceed);
    },

    answer(state, event) {
      const refusal = refusalOf(state, event.type, event);
      if (refusal) return refuse(state, refusal.code, refusal.message);
      if (event.type === 'decline') {
        const next = mark(state, event, 'decline');
        return asking.settle({ ...next, declined: next.declined + 1 });
      }
      const claim = event.type === 'update' ? event.claim : '';
      if (state.claims.length >= MAX_CLAIMS && !state.claims.some(([other]) => other === claim)) {
        return refuse(
          state,
          'privacy-mismatch',
          `The update of "${event.client}" states another privacy than the others of round ${state.round}: set all fl-dp-noise nodes alike.`,
        );
      }
      const next = mark(state, event, 'update');
      return then(
        same(
          { ...next, updates: next.updates + 1, claims: counted(next.claims, claim) },
          { type: 'accept', client: event.client, claim },
        ),
        asking.settle,
      );
    },

    failed(state, answer, code) {
      const next = { ...state, refused: counted(state.refused, code) };
      const kind = state.phase === 'statistics' ? 'statistics' : 'update';
      return refusalOf(state, kind, answer) ? same(next) : asking.settle(mark(next, answer, 'failed'));
    },
  };
}
