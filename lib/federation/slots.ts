/** Who is at work where there are no rounds: each asking has a slot, which an answer or its deadline makes free again. */
import { generator } from '../random/generator';
import { attemptOf } from './admission';
import { type Asking, askedIn } from './asking';
import type { FederationOptions } from './options';
import { type ClientRecord, type Effect, type RoundState, type Step, same, then } from './round-state';
import { uniformly } from './samplers/random';
import { countIn, entries, get, mapTable, put } from './table';
import type { AsyncTiming } from './timing/options';

/** A client that declined is asked again after so long, in ms. */
const REST_MS = 10_000;

export interface Slots {
  /** All who are there are free. */
  begin(state: RoundState): Step;
  /** Asks those who are free, as many as may be at work. */
  fill(state: RoundState): Step;
  /** The client has answered. `rests`: it is not asked again at once. */
  release(state: RoundState, client: string, rests: boolean): Step;
  /** It has joined: free, unless it is at work. */
  joined(state: RoundState, client: string): RoundState;
  rested(state: RoundState): RoundState;
  /** The deadline of an asking: who has not answered it is waited for no longer. */
  expired(state: RoundState, asking: number): RoundState;
}

function turnOf(record: ClientRecord | undefined, version: number): number {
  if (record?.round !== version) return 0;
  return (record.turn ?? 0) + (record.answer === 'update' ? 1 : 0);
}

export function createSlots(options: FederationOptions, timing: AsyncTiming, asking: Asking): Slots {
  const most = timing.concurrency ? timing.concurrency : Number.POSITIVE_INFINITY;
  const { isPresent } = asking;

  const fill = (state: RoundState): Step => {
    const { free, kept } = state;
    const take = Math.min(free.length, most - state.cohort);
    if (take <= 0) {
      const isDeserted = state.cohort === 0 && free.length === 0 && state.resting.length === 0;
      return isDeserted ? asking.call(state) : same(state);
    }
    const chosen =
      take === free.length ? free : uniformly(free, take, generator(options.training.seed, 'slot', state.asking + 1));
    // Who is given the same version again has to make another update of it; all others are asked together.
    const byTurn = new Map<number, string[]>();
    for (const id of [...chosen].sort()) {
      const turn = turnOf(get(state.clients, id), kept);
      byTurn.set(turn, [...(byTurn.get(turn) ?? []), id]);
    }
    return [...byTurn].reduce((step, [turn, cohort]) => then(step, (next) => ask(next, cohort, turn)), same(state));
  };

  const ask = (state: RoundState, cohort: string[], turn: number): Step => {
    const { free, kept } = state;
    const number = state.asking + 1;
    const asked = new Set(cohort);
    const details = { ...(cohort.length === 1 ? { alone: true as const } : {}), ...(turn > 0 ? { turn } : {}) };
    let { clients } = state;
    for (const id of cohort) {
      const record = get(clients, id);
      if (record) clients = put(clients, id, { ...askedIn(record, number, kept), ...details });
    }
    const next: RoundState = {
      ...state,
      asking: number,
      clients,
      cohort: state.cohort + cohort.length,
      free: free.filter((id) => !asked.has(id)),
    };
    return same(
      next,
      { type: 'arm', timer: `slot/${number}`, ms: options.deadlineMs },
      { type: 'publish', cohort, round: kept, attempt: attemptOf(next), ...(turn > 0 ? { turn } : {}) },
    );
  };

  return {
    begin(state) {
      const known = entries(state.clients);
      const away = known.filter(([, record]) => !isPresent(record)).map(([id]) => id);
      const next: RoundState = {
        ...state,
        phase: 'collecting',
        begun: true,
        calls: 0,
        cohort: 0,
        free: known.filter(([, record]) => isPresent(record)).map(([id]) => id),
        resting: [],
        kept: state.round,
      };
      const invite: Effect[] = away.length > 0 ? [{ type: 'invite', cohort: away }] : [];
      return then(same(next, { type: 'disarm', timer: 'call' }, ...invite), fill);
    },
    fill,
    release(state, client, rests) {
      const record = get(state.clients, client);
      const number = record?.asked ?? 0;
      const isResting = rests || options.pauseMs > 0;
      const next: RoundState = {
        ...state,
        cohort: state.cohort - 1,
        free: isResting ? state.free : [...state.free, client],
        resting: isResting ? [...state.resting, client] : state.resting,
      };
      // With the last answer of an asking, not at a deadline that may be a week away.
      const isLast =
        record?.alone || countIn(state.clients, ({ asked, answer }) => asked === number && answer === undefined) === 0;
      const effects: Effect[] = isLast ? [{ type: 'disarm', timer: `slot/${number}` }] : [];
      if (isResting && state.resting.length === 0) {
        effects.push({ type: 'arm', timer: 'rest', ms: options.pauseMs > 0 ? options.pauseMs : REST_MS });
      }
      return same(next, ...effects);
    },
    joined(state, client) {
      const record = get(state.clients, client);
      const isAtWork = record !== undefined && record.asked > 0 && record.answer === undefined;
      if (!record || isAtWork || state.free.includes(client) || state.resting.includes(client)) return state;
      return { ...state, free: [...state.free, client] };
    },
    rested: (state) => ({ ...state, free: [...state.free, ...state.resting], resting: [] }),
    expired(state, number) {
      const free: string[] = [];
      let gone = 0;
      let away = 0;
      const clients = mapTable(state.clients, (record, id) => {
        if (record.asked !== number || record.answer !== undefined) return record;
        const missed = record.missed + 1;
        gone++;
        if (missed < options.missesUntilAway) free.push(id);
        else away++;
        // What it answers from now on is late.
        return { ...record, missed, asked: 0 };
      });
      return {
        ...state,
        clients,
        away: state.away + away,
        cohort: state.cohort - gone,
        free: [...state.free, ...free.sort()],
      };
    },
  };
}
