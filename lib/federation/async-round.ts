/**
 * A federation without rounds, as a pure reducer with the steps of round.ts: a client that has answered is given the newest
 * model at once. `round` counts versions. Whatever comes before the first version, or stands between askings (joins, commands,
 * statistics, calls for clients), is as in rounds.
 *
 * A version goes out only when it is on the disk. While it is being written updates go on making newer ones, and those who
 * have answered wait for the next one that is written; so the disk is asked at its own pace.
 */
import { isOwn, refusalOf, stalenessOf } from './admission';
import { claimOf, createAnswers, lossOf, refuse } from './answers';
import { cleared, countsOf, createAsking, mostClaimed } from './asking';
import { type RoundReducer, roundsWith } from './round';
import { counted, type RoundRules, type RoundState, type Step, same, type Told, then } from './round-state';
import { createSlots, type Slots } from './slots';
import { get, mapTable, put } from './table';
import type { AsyncTiming } from './timing/options';

const bufferOf = ({ method }: AsyncTiming): number => (method.name === 'fedbuff' ? method.bufferSize : 1);

export function createAsyncReducer(rules: RoundRules, timing: AsyncTiming): RoundReducer {
  const begin = (state: RoundState): Step => slots.begin(state);
  const asking = createAsking(rules, begin);
  const answers = createAnswers(rules, asking);
  const slots: Slots = createSlots(rules.options, timing, asking);
  const rounds = roundsWith(rules, asking, answers);
  const { isOver } = asking;
  const buffer = bufferOf(timing);

  const isFlowing = (state: RoundState): boolean => state.round > 0 && state.phase === 'collecting';

  /** Nothing more is asked and nothing is waited for: what is under way is void. */
  const stopped = (state: RoundState): Step => {
    const clients = mapTable(state.clients, ({ answer, ...record }) => ({
      ...record,
      asked: 0,
      ...(isOver(state) && record.asked > 0 && answer === undefined ? { left: true as const } : {}),
    }));
    const { late, refused } = state;
    return then(
      same({ ...cleared(state), late, refused, clients, free: [], resting: [] }, { type: 'clear' }),
      asking.stand,
    );
  };

  /** Goes on as far as it can: a version, further askings, or the end. */
  const flow = (state: RoundState): Step => {
    if (state.updates >= buffer && !isOver(state)) {
      const [claim, updates] = mostClaimed(state.claims);
      const counts = countsOf({ ...state, cohort: state.cohort + state.updates + state.declined }, updates);
      return same({ ...state, late: 0, refused: [] }, { type: 'advance', round: state.round, claim, counts });
    }
    if (state.kept === state.round) {
      if (isOver(state)) return stopped(state);
      if (!state.running && state.cohort === 0) return stopped(state);
    }
    return state.running && !isOver(state) && state.kept === state.round ? slots.fill(state) : same(state);
  };

  const answer = (state: RoundState, event: Told): Step => {
    const record = get(state.clients, event.client);
    const refusal = refusalOf(state, event, timing.maxStaleness);
    if (refusal) {
      const isGivenUp = event.type === 'decline' && refusal.code === 'late';
      const told = isGivenUp ? same(state) : refuse(state, refusal.code, refusal.message);
      // Too old to count, but an answer: the client is free for the newest model.
      const isTooOld =
        isOwn(state, record, event) &&
        record.answer === undefined &&
        stalenessOf(state, event.round) > timing.maxStaleness;
      if (!isTooOld || !isFlowing(state)) return told;
      return then(told, (next) => then(slots.release(answers.mark(next, event, 'decline'), event.client, false), flow));
    }
    if (event.type === 'decline') {
      const next = answers.mark(state, event, 'decline');
      return then(slots.release({ ...next, declined: next.declined + 1 }, event.client, true), flow);
    }
    const next = answers.mark(state, event, 'update', lossOf(event));
    const taken = { ...next, updates: next.updates + 1, claims: counted(next.claims, claimOf(event)) };
    return then(slots.release(taken, event.client, false), flow);
  };

  /** Nothing is under way. The answers of those who were at work at the end are late, which needs no word. */
  const answerBehind = (state: RoundState, event: Told): Step => {
    const record = get(state.clients, event.client);
    if (!record?.left || refusalOf(state, event)?.code !== 'late') return rounds(state, event);
    const { left: _, ...rest } = record;
    return same({ ...state, late: state.late + 1, clients: put(state.clients, event.client, rest) });
  };

  /**
   * The client stays at work: whoever sends rubbish in its name takes neither its slot nor its answer. One that has nothing
   * better is free at its deadline.
   */
  const failed = (state: RoundState, code: string): Step => same({ ...state, refused: counted(state.refused, code) });

  /** The next version is made: it has to be written, and then it goes out. */
  const made = (state: RoundState): Step => {
    const next: RoundState = {
      ...state,
      round: state.round + 1,
      updates: 0,
      declined: 0,
      failed: 0,
      claims: [],
      voids: 0,
      running: state.running && !state.stepping,
      stepping: false,
    };
    return same(next, { type: 'clear' }, { type: 'keep' });
  };

  const halt = (state: RoundState, now: boolean): Step => {
    const next: RoundState = { ...state, running: false, goesOn: false, stepping: false };
    return then(same(next, { type: 'persist' }), now ? stopped : flow);
  };

  return (state, event) => {
    const flows = isFlowing(state);
    switch (event.type) {
      case 'statistics':
        return rounds(state, event);
      case 'update':
      case 'decline':
        return flows ? answer(state, event) : answerBehind(state, event);
      case 'failed':
        return flows ? failed(state, event.code) : rounds(state, event);
      case 'join':
        return flows
          ? then(rounds(state, event), (next) => then(same(slots.joined(next, event.client)), flow))
          : rounds(state, event);
      case 'timer':
        if (event.timer === 'rest') return flows ? then(same(slots.rested(state)), flow) : same(state);
        if (event.timer.startsWith('slot/')) {
          const number = Number(event.timer.slice('slot/'.length));
          return flows ? then(same(slots.expired(state, number)), flow) : same(state);
        }
        return rounds(state, event);
      case 'command':
        if (flows && (event.command === 'pause' || event.command === 'stop'))
          return halt(state, event.command === 'stop');
        // Paused, and answers still come: it goes on from where it is.
        if (flows && !state.running && (event.command === 'start' || event.command === 'step')) {
          return flow({ ...state, running: true, stepping: event.command === 'step' });
        }
        return rounds(state, event);
      case 'made':
        return made(state);
      case 'unmade':
        return then(same({ ...state, updates: 0, claims: [] }, { type: 'clear' }), flow);
      case 'kept': {
        const kept = { ...state, kept: event.round };
        if (!isFlowing(kept)) return same(kept);
        // Those who wait get what is written, also when something newer is in the making.
        return kept.kept === kept.round ? flow(kept) : kept.running && !isOver(kept) ? slots.fill(kept) : same(kept);
      }
      default:
        return rounds(state, event);
    }
  };
}
