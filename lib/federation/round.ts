/**
 * The round as a pure reducer: `(state, event) -> {state, effects}`. It knows no clock, no vector and no file; what it
 * wants done it returns as effects, which coordinator.ts carries out in their order.
 */
import { attemptOf } from './admission';
import { type Answers, createAnswers } from './answers';
import { type Asking, cleared, createAsking } from './asking';
import { isQuarantined, released } from './quarantine';
import {
  type Command,
  counted,
  type Effect,
  firstState,
  type RoundEvent,
  type RoundRules,
  type RoundState,
  type Step,
  same,
  type TimerName,
  then,
} from './round-state';
import { countIn, get, mapTable } from './table';

export type RoundReducer = (state: RoundState, event: RoundEvent) => Step;

/** How long known clients may be silent after a restart before a round is asked all the same, in ms. */
const GRACE_MS = 5000;

const timers: readonly TimerName[] = ['deadline', 'pause', 'call', 'grace', 'announce'];
const disarmAll: readonly Effect[] = timers.map((timer) => ({ type: 'disarm', timer }));
const persist: Effect = { type: 'persist' };

export const createRoundReducer = (rules: RoundRules): RoundReducer => {
  const asking = createAsking(rules);
  return roundsWith(rules, asking, createAnswers(rules, asking));
};

/** The parts are shared with the reducer that knows no rounds. */
export function roundsWith(rules: RoundRules, asking: Asking, answers: Answers): RoundReducer {
  const { options, statistics } = rules;
  const { isOver, isPresent, proceed, stand } = asking;

  const opened = (before: RoundState, run: string): Step => {
    const fresh = before.run === '';
    const clients = mapTable(before.clients, ({ answer: _, silent: __, ...record }) => ({
      ...record,
      asked: 0,
      ...(isPresent(record) ? { silent: true as const } : {}),
    }));
    const silent = countIn(clients, (record) => record.silent === true);
    const state: RoundState = {
      ...cleared(before),
      phase: 'idle',
      run,
      clients,
      silent,
      away: clients.size - silent,
      quarantined: countIn(clients, isQuarantined),
      running: fresh ? options.autoStart : before.running,
      stepping: false,
      samplerNext: before.sampler,
      asking: 0,
      voids: 0,
      calls: 0,
    };
    const invite: Effect = { type: 'invite', cohort: 'all' };
    if (isOver(state) || !state.running) return fresh ? same(state, invite) : then(same(state, invite), stand);
    if (silent === 0) return proceed(state);
    const ms = Math.min(GRACE_MS, options.deadlineMs);
    return same({ ...state, phase: 'gathering' }, invite, { type: 'arm', timer: 'grace', ms });
  };

  /** Those who are silent since the restart are no longer waited for. */
  const unsilenced = (state: RoundState): RoundState => ({
    ...state,
    silent: 0,
    clients: state.silent > 0 ? mapTable(state.clients, ({ silent: _, ...record }) => record) : state.clients,
  });

  const start = (state: RoundState, stepping: boolean): Step => {
    if (isOver(state)) {
      return same(state, {
        type: 'warn',
        code: 'finished',
        message: `All ${options.rounds} rounds are done: send "reset" to begin anew, or set more rounds.`,
      });
    }
    const next = same({ ...state, running: true, stepping }, persist);
    return state.phase === 'idle' || state.phase === 'waiting'
      ? then(next, (ready) => then(same(unsilenced(ready), ...disarmAll), proceed))
      : next;
  };

  /** `now`: void the asking under way; else it is finished first. What is being written is always finished. */
  const halt = (state: RoundState, now: boolean): Step => {
    const next: RoundState = { ...state, running: false, goesOn: false, stepping: false };
    const asks = state.phase === 'collecting' || state.phase === 'statistics';
    if (asks && now) {
      return then(asking.voided(next, 'The round was stopped.'), (after) => same(after, ...disarmAll, persist));
    }
    if (asks || state.phase === 'saving') return same(next, persist);
    if (state.running) return then(same(next, ...disarmAll, persist), stand);
    return state.goesOn ? same(next, persist) : same(next);
  };

  const reset = (state: RoundState): Step => {
    const next: RoundState = {
      ...firstState(statistics),
      run: state.run,
      asking: state.asking,
      heard: state.heard,
      running: options.autoStart,
      // What speaks against a client stays: only the operator lets it back.
      clients: mapTable(state.clients, ({ samples, facts, evidence, rejections, reason, quarantined }) => ({
        samples,
        missed: 0,
        asked: 0,
        ...(facts ? { facts } : {}),
        ...(evidence ? { evidence } : {}),
        ...(rejections ? { rejections, reason } : {}),
        ...(quarantined === undefined ? {} : { quarantined }),
      })),
    };
    return then(same(asking.recounted(next), ...disarmAll, { type: 'clear' }, { type: 'forget' }, persist), proceed);
  };

  const command = (state: RoundState, name: Command): Step => {
    switch (name) {
      case 'start':
      case 'step':
        return start(state, name === 'step');
      case 'pause':
      case 'stop':
        return halt(state, name === 'stop');
      case 'reset':
        return reset(state);
    }
  };

  const release = (state: RoundState, client: string): Step => {
    if (get(state.clients, client)?.quarantined === undefined) {
      const message = `"${client}" is not in quarantine: look for its name in the metrics of a round.`;
      return same(state, { type: 'warn', code: 'not-quarantined', message });
    }
    const next = same(asking.recounted(released(state, client)), persist);
    return state.phase === 'gathering' && state.silent === 0 ? then(next, proceed) : next;
  };

  const timer = (state: RoundState, name: TimerName): Step => {
    switch (name) {
      case 'deadline':
        return state.phase === 'collecting' || state.phase === 'statistics' ? asking.end(state) : same(state);
      case 'pause':
        return state.phase === 'waiting' ? proceed(state) : same(state);
      case 'call':
        return state.phase === 'gathering' && state.silent === 0 ? proceed(state) : same(state);
      case 'announce':
        return state.phase === 'idle' || state.phase === 'finished' ? same(state, asking.forUse(state)) : same(state);
      case 'grace':
        return state.phase === 'gathering' ? proceed(unsilenced(state)) : same(state);
      default:
        return same(state);
    }
  };

  return (state, event) => {
    switch (event.type) {
      case 'opened':
        return opened(state, event.run);
      case 'command':
        return command(state, event.command);
      case 'release':
        return release(state, event.client);
      case 'join':
        return answers.join(state, event);
      case 'statistics':
      case 'update':
      case 'decline':
        return answers.answer(state, event);
      case 'failed':
        return answers.failed(state, event, event.code);
      case 'refused':
        return same({ ...state, refused: counted(state.refused, event.code) });
      case 'timer':
        return timer(state, event.timer);
      case 'saved':
        return state.phase === 'saving' ? asking.saved(state, event.rejected ?? []) : same(state);
      case 'unsaved':
        return state.phase === 'saving' ? asking.voided(state, event.reason) : same(state);
      case 'given-up':
        return state.phase === 'collecting' && event.attempt === attemptOf(state)
          ? asking.givenUp(state, event.reason, event.silent)
          : same(state);
      case 'made':
      case 'unmade':
      case 'kept':
        return same(state);
    }
  };
}
