/** Drives the round's reducer by hand: freezes what it may not change, keeps the timers that are armed, and its effects. */
import assert from 'node:assert/strict';
import { attemptOf } from '../../../lib/federation/admission';
import { createAsyncReducer } from '../../../lib/federation/async-round';
import { type FederationOptions, federationOptions } from '../../../lib/federation/options';
import { createRoundReducer } from '../../../lib/federation/round';
import {
  type Command,
  type Effect,
  firstState,
  type RoundEvent,
  type RoundState,
  type TimerName,
} from '../../../lib/federation/round-state';

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value;
}

export interface Driver {
  readonly state: RoundState;
  readonly timers: Map<TimerName, number>;
  /** Every effect so far. */
  readonly effects: Effect[];
  /** The effects of one event. */
  event(event: RoundEvent): Effect[];
  join(...clients: string[]): Effect[];
  command(command: Command): Effect[];
  timer(timer: TimerName): Effect[];
  /** An answer to the asking under way. */
  answer(type: 'update' | 'decline' | 'statistics', client: string, claim?: string): Effect[];
  /** What was asked last. */
  readonly cohort: string[];
}

export function drive(wish: Partial<FederationOptions>, statistics = false, from?: RoundState): Driver {
  const rules = { options: federationOptions(wish), statistics };
  const { timing } = rules.options;
  const reduce = timing.mode === 'async' ? createAsyncReducer(rules, timing) : createRoundReducer(rules);
  const timers = new Map<TimerName, number>();
  const effects: Effect[] = [];
  let state = freeze(from ?? firstState(statistics));
  let cohort: string[] = [];

  const event = (happening: RoundEvent): Effect[] => {
    if (happening.type === 'timer') timers.delete(happening.timer);
    const step = reduce(state, freeze(happening));
    assert.deepEqual(JSON.parse(JSON.stringify(step)), step, 'state and effects are plain JSON');
    state = freeze(step.state);
    for (const effect of step.effects) {
      if (effect.type === 'arm') timers.set(effect.timer, effect.ms);
      if (effect.type === 'disarm') timers.delete(effect.timer);
      if (effect.type === 'publish' || effect.type === 'ask-statistics') cohort = effect.cohort;
    }
    effects.push(...step.effects);
    return step.effects;
  };
  return {
    get state() {
      return state;
    },
    get cohort() {
      return cohort;
    },
    timers,
    effects,
    event,
    join: (...clients) => clients.flatMap((client) => event({ type: 'join', client, samples: 10 })),
    command: (command) => event({ type: 'command', command }),
    timer: (timer) => event({ type: 'timer', timer }),
    answer(type, client, claim = '') {
      const answer = { client, round: state.round, attempt: attemptOf(state) };
      return event(type === 'update' ? { type, ...answer, claim } : { type, ...answer });
    },
  };
}

export const typesOf = (effects: readonly Effect[]): string[] => effects.map(({ type }) => type);

export const find = <T extends Effect['type']>(
  effects: readonly Effect[],
  type: T,
): Extract<Effect, { type: T }> | undefined =>
  effects.find((effect): effect is Extract<Effect, { type: T }> => effect.type === type);
