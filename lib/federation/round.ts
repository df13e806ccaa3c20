/**
 * The round as a pure reducer: `(state, event) -> {state, effects}`. It knows no clock, no vector and no file; what it
 * wants done it returns as effects, which coordinator.ts carries out in their order.
 */
import { attemptOf, refusalOf } from './admission';
import type { FederationOptions } from './options';
import {
  type Answer,
  type ClientRecord,
  type Command,
  type Effect,
  firstState,
  type RoundCounts,
  type RoundEvent,
  type RoundState,
  type Step,
  type TimerName,
} from './round-state';
import { createSampler } from './samplers';
import { entries, get, mapTable, put } from './table';

export interface RoundRules {
  options: FederationOptions;
  /** Whether round 0 gathers the statistics of the clients. */
  statistics: boolean;
}

export type RoundReducer = (state: RoundState, event: RoundEvent) => Step;

/** How long known clients may be silent after a restart before a round is asked all the same, in ms. */
const GRACE_MS = 5000;
/** Calls for clients and void rounds are repeated ever more slowly: from one second up to a minute. */
const backOff = (times: number): number => Math.min(60_000, 1000 * 2 ** Math.min(times, 10));
/** With a longer pause the new model is sent out at the pause's beginning too, for those who predict with it. */
const LONG_PAUSE_MS = 10_000;
/** Different privacy claims in one round; further ones are refused. */
const MAX_CLAIMS = 8;

const timers: readonly TimerName[] = ['deadline', 'pause', 'call', 'grace'];
const disarmAll: readonly Effect[] = timers.map((timer) => ({ type: 'disarm', timer }));

const same = (state: RoundState, ...effects: Effect[]): Step => ({ state, effects });
const then = (step: Step, next: (state: RoundState) => Step): Step => {
  const { state, effects } = next(step.state);
  return { state, effects: [...step.effects, ...effects] };
};

function counted<K extends string>(list: [K, number][], key: K): [K, number][] {
  return list.some(([other]) => other === key)
    ? list.map(([other, count]) => [other, count + (other === key ? 1 : 0)])
    : [...list, [key, 1]];
}

/** The kind of claim that most updates make; of equally many the first by its text, so that arrival decides nothing. */
function mostClaimed(claims: RoundState['claims']): [claim: string, updates: number] {
  return claims.reduce((best, one) => (one[1] > best[1] || (one[1] === best[1] && one[0] < best[0]) ? one : best), [
    '',
    0,
  ] as [string, number]);
}

export function createRoundReducer({ options, statistics }: RoundRules): RoundReducer {
  const sampler = createSampler(options.sampler);
  const isPresent = (record: ClientRecord): boolean => record.missed < options.missesUntilAway;
  const isOver = (state: RoundState): boolean => options.rounds > 0 && state.round > options.rounds;

  const counts = (state: RoundState, updates: number): RoundCounts => {
    const outvoted = state.updates - updates;
    return {
      cohort: state.cohort,
      updates,
      declined: state.declined,
      late: state.late,
      refused:
        outvoted > 0 && state.phase === 'collecting'
          ? [...state.refused, ['privacy-mismatch', outvoted]]
          : state.refused,
    };
  };
  const cleared = (state: RoundState): RoundState => ({
    ...state,
    cohort: 0,
    updates: 0,
    declined: 0,
    failed: 0,
    claims: [],
    late: 0,
    refused: [],
  });

  const forUse = (state: RoundState): Effect => ({
    type: 'publish',
    cohort: [],
    round: state.round,
    attempt: attemptOf(state),
  });

  /** Stands still, with the model given to those who use it. */
  const stand = (state: RoundState): Step =>
    same(
      { ...state, phase: isOver(state) ? 'finished' : 'idle', running: false, stepping: false },
      ...(state.round > 0 ? [forUse(state)] : []),
    );

  const call = (state: RoundState): Step =>
    same(
      { ...state, phase: 'gathering', calls: state.calls + 1 },
      { type: 'invite', cohort: 'all' },
      { type: 'arm', timer: 'call', ms: backOff(state.calls) },
    );

  /** Asks the next round if it can be asked. */
  const proceed = (state: RoundState): Step => {
    if (!state.running || isOver(state)) return stand(state);
    const known = entries(state.clients);
    const present = known.filter(([, record]) => isPresent(record)).map(([id]) => id);
    if (present.length < (state.begun ? options.quorum : options.minClients)) return call(state);
    const choice =
      state.round === 0
        ? { cohort: present, state: state.sampler }
        : sampler.choose(present, options.training.seed, [state.round, state.voids], state.sampler);
    if (choice.cohort.length < options.quorum) return call(state);
    const asked = new Set(choice.cohort);
    const asking = state.asking + 1;
    const next: RoundState = {
      ...cleared(state),
      late: state.late,
      refused: state.refused,
      phase: state.round === 0 ? 'statistics' : 'collecting',
      begun: true,
      calls: 0,
      asking,
      sampler: choice.state,
      cohort: choice.cohort.length,
      clients: mapTable(state.clients, (record, id) =>
        asked.has(id) ? { samples: record.samples, missed: record.missed, asked: asking } : record,
      ),
    };
    const attempt = attemptOf(next);
    const away = known.filter(([, record]) => !isPresent(record)).map(([id]) => id);
    return same(
      next,
      { type: 'disarm', timer: 'call' },
      { type: 'clear' },
      ...(away.length > 0 ? [{ type: 'invite', cohort: away } as const] : []),
      { type: 'arm', timer: 'deadline', ms: options.deadlineMs },
      next.round === 0
        ? { type: 'ask-statistics', cohort: choice.cohort, attempt }
        : { type: 'publish', cohort: choice.cohort, round: next.round, attempt },
    );
  };

  /** Books who did not answer the asking that ends. */
  const booked = (state: RoundState): RoundState => ({
    ...state,
    clients: mapTable(state.clients, (record) =>
      record.asked === state.asking && record.answer === undefined && state.asking > 0
        ? { ...record, missed: record.missed + 1 }
        : record,
    ),
  });

  const voided = (state: RoundState, reason: string): Step => {
    const effects: Effect[] = [
      { type: 'disarm', timer: 'deadline' },
      { type: 'void', round: state.round, reason, counts: counts(state, state.updates) },
    ];
    if (!state.heard && state.declined + state.failed + state.updates === 0) {
      effects.push({
        type: 'warn',
        code: 'no-answer',
        message: `No client answered round ${state.round}: wire the clients' output, through any filters, back to this aggregator.`,
      });
    }
    const next = { ...cleared(booked(state)), voids: state.voids + 1 };
    if (!state.running || state.stepping) return then({ state: next, effects }, stand);
    const ms = Math.max(options.pauseMs, backOff(state.voids));
    return { state: { ...next, phase: 'waiting' }, effects: [...effects, { type: 'arm', timer: 'pause', ms }] };
  };

  const end = (state: RoundState): Step => {
    const [claim, updates] = mostClaimed(state.claims);
    if (updates < options.quorum) {
      const missing = state.cohort - state.updates - state.declined - state.failed;
      return voided(
        state,
        `${updates} of ${state.cohort} clients sent a usable answer, the quorum is ${options.quorum} (${state.declined} declined, ${missing} silent)`,
      );
    }
    const saving: RoundState = { ...booked(state), phase: 'saving' };
    return same(
      saving,
      { type: 'disarm', timer: 'deadline' },
      state.round === 0
        ? { type: 'close-statistics', counts: counts(state, updates) }
        : { type: 'close', round: state.round, claim, counts: counts(state, updates) },
    );
  };

  const settled = (state: RoundState): Step =>
    state.updates + state.declined + state.failed >= state.cohort ? end(state) : same(state);

  const refuse = (state: RoundState, code: string, message: string): Step =>
    same(code === 'late' ? { ...state, late: state.late + 1 } : { ...state, refused: counted(state.refused, code) }, {
      type: 'refuse',
      code,
      message,
    });

  const answered = (state: RoundState, { client }: Answer, answer: 'update' | 'decline' | 'failed'): RoundState => {
    const record = get(state.clients, client);
    if (!record) return state;
    const { silent, ...rest } = record;
    return {
      ...state,
      heard: true,
      silent: state.silent - (silent ? 1 : 0),
      failed: state.failed - (record.answer === 'failed' ? 1 : 0) + (answer === 'failed' ? 1 : 0),
      clients: put(state.clients, client, { ...rest, missed: 0, answer }),
    };
  };

  const accept = (state: RoundState, answer: Answer, claim: string): Step => {
    const next = answered(state, answer, 'update');
    return then(
      same(
        { ...next, updates: next.updates + 1, claims: counted(next.claims, claim) },
        { type: 'accept', client: answer.client, claim },
      ),
      settled,
    );
  };

  const join = (state: RoundState, client: string, samples: number): Step => {
    const known = get(state.clients, client);
    if (!known && state.clients.size >= options.maxClients) {
      return refuse(
        state,
        'too-many-clients',
        `"${client}" cannot join: this aggregator remembers ${options.maxClients} clients at most.`,
      );
    }
    const { silent, ...record } = known ?? { asked: 0 };
    const next: RoundState = {
      ...state,
      silent: state.silent - (silent ? 1 : 0),
      clients: put(state.clients, client, { ...record, samples, missed: 0 }),
    };
    if (next.phase !== 'gathering') return same(next);
    if (next.silent > 0) return same(next);
    const enough = present(next) >= (next.begun ? options.quorum : options.minClients);
    return enough ? then(same(next, { type: 'disarm', timer: 'grace' }), proceed) : same(next);
  };
  const present = (state: RoundState): number =>
    entries(state.clients).reduce((sum, [, record]) => sum + (isPresent(record) ? 1 : 0), 0);

  const opened = (before: RoundState, run: string): Step => {
    const fresh = before.run === '';
    const clients = mapTable(before.clients, (record) => ({
      samples: record.samples,
      missed: record.missed,
      asked: 0,
      ...(isPresent(record) ? { silent: true as const } : {}),
    }));
    const silent = entries(clients).filter(([, record]) => record.silent).length;
    const state: RoundState = {
      ...cleared(before),
      run,
      clients,
      silent,
      running: fresh ? options.autoStart : before.running,
      stepping: false,
      phase: 'idle',
      asking: 0,
      voids: 0,
      calls: 0,
    };
    const invite: Effect = { type: 'invite', cohort: 'all' };
    if (!state.running || isOver(state)) {
      const step = stand(state);
      return { ...step, effects: [invite, ...(fresh ? [] : step.effects)] };
    }
    if (silent === 0) return proceed(state);
    const ms = Math.min(GRACE_MS, options.deadlineMs);
    return same({ ...state, phase: 'gathering' }, invite, { type: 'arm', timer: 'grace', ms });
  };

  const heardEnough = (state: RoundState): RoundState => ({
    ...state,
    silent: 0,
    clients: state.silent > 0 ? mapTable(state.clients, ({ silent: _, ...record }) => record) : state.clients,
  });

  const command = (state: RoundState, name: Command): Step => {
    const active = state.phase === 'collecting' || state.phase === 'statistics' || state.phase === 'saving';
    switch (name) {
      case 'start':
      case 'step': {
        if (isOver(state)) {
          return same(state, {
            type: 'warn',
            code: 'finished',
            message: `All ${options.rounds} rounds are done: send "reset" to begin anew, or set more rounds.`,
          });
        }
        const next = { ...state, running: true, stepping: name === 'step' };
        const persist: Effect = { type: 'persist' };
        if (active || state.phase === 'gathering') return same(next, persist);
        return then(same(heardEnough(next), { type: 'disarm', timer: 'pause' }, persist), proceed);
      }
      case 'pause': {
        const next = { ...state, running: false, stepping: false };
        if (active) return same(next, { type: 'persist' });
        if (!state.running) return same(next);
        return then(same(next, ...disarmAll, { type: 'persist' }), stand);
      }
      case 'stop': {
        const next = { ...state, running: false, stepping: false };
        // What is being written is finished: it cannot be taken back.
        if (state.phase === 'saving') return same(next, { type: 'persist' });
        if (active) {
          return then(voided(next, 'stopped'), (after) => same(after, ...disarmAll, { type: 'persist' }));
        }
        if (!state.running) return same(next);
        return then(same(next, ...disarmAll, { type: 'persist' }), stand);
      }
      case 'reset': {
        const start = firstState(statistics);
        const next: RoundState = {
          ...start,
          run: state.run,
          asking: state.asking,
          heard: state.heard,
          running: options.autoStart,
          clients: mapTable(state.clients, ({ samples }) => ({ samples, missed: 0, asked: 0 })),
        };
        const step = same(next, ...disarmAll, { type: 'clear' }, { type: 'forget' }, { type: 'persist' });
        return options.autoStart ? then(step, proceed) : then(step, stand);
      }
    }
  };

  const timer = (state: RoundState, name: TimerName): Step => {
    switch (name) {
      case 'deadline':
        return state.phase === 'collecting' || state.phase === 'statistics' ? end(state) : same(state);
      case 'pause':
        return state.phase === 'waiting' ? proceed(state) : same(state);
      case 'call':
        return state.phase === 'gathering' && state.silent === 0 ? proceed(state) : same(state);
      case 'grace':
        return state.phase === 'gathering' ? proceed(heardEnough(state)) : same(state);
    }
  };

  const saved = (state: RoundState): Step => {
    const next: RoundState = { ...cleared(state), round: state.round + 1, voids: 0 };
    if (isOver(next) || !next.running || next.stepping) return stand(next);
    if (state.round === 0 || options.pauseMs === 0) return proceed(next);
    return same({ ...next, phase: 'waiting' }, ...(options.pauseMs >= LONG_PAUSE_MS ? [forUse(next)] : []), {
      type: 'arm',
      timer: 'pause',
      ms: options.pauseMs,
    });
  };

  return (state, event) => {
    switch (event.type) {
      case 'opened':
        return opened(state, event.run);
      case 'command':
        return command(state, event.command);
      case 'join':
        return join(state, event.client, event.samples);
      case 'timer':
        return timer(state, event.timer);
      case 'saved':
        return state.phase === 'saving' ? saved(state) : same(state);
      case 'unsaved':
        return state.phase === 'saving' ? voided(state, event.reason) : same(state);
      case 'refused':
        return same({ ...state, refused: counted(state.refused, event.code) });
      case 'failed': {
        const next = { ...state, refused: counted(state.refused, event.code) };
        return refusalOf(state, state.round === 0 ? 'statistics' : 'update', event)
          ? same(next)
          : settled(answered(next, event, 'failed'));
      }
      case 'statistics':
      case 'update':
      case 'decline': {
        const refusal = refusalOf(state, event.type, event);
        if (refusal) return refuse(state, refusal.code, refusal.message);
        if (event.type === 'decline') {
          const next = answered(state, event, 'decline');
          return settled({ ...next, declined: next.declined + 1 });
        }
        const claim = event.type === 'update' ? event.claim : '';
        if (state.claims.length >= MAX_CLAIMS && !state.claims.some(([other]) => other === claim)) {
          return refuse(
            state,
            'privacy-mismatch',
            `The update of "${event.client}" states another privacy than the others of round ${state.round}: set all fl-dp-noise nodes alike.`,
          );
        }
        return accept(state, event, claim);
      }
    }
  };
}
