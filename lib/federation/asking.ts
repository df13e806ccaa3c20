/** How an asking begins and how it ends: who is asked, when it closes, when it is void, what comes after. */
import { attemptOf } from './admission';
import { afterRound, isQuarantined, quarantinedOf } from './quarantine';
import {
  type ClientRecord,
  type Effect,
  nothingAsked,
  type Rejected,
  type RoundCounts,
  type RoundRules,
  type RoundState,
  type Step,
  same,
  then,
} from './round-state';
import { createSampler } from './samplers';
import type { Candidate } from './samplers/sampler';
import { countIn, entries, mapTable } from './table';
import { reachOf } from './timing/options';

/** Calls for clients and void rounds are repeated ever more slowly: from one second up to a minute. */
const backOff = (times: number): number => Math.min(60_000, 1000 * 2 ** Math.min(times, 10));
/** With a longer pause the new model is sent out at the pause's beginning too, for those who predict with it. */
const LONG_PAUSE_MS = 10_000;

export interface Asking {
  /** Sends the model out to those who use it. */
  forUse(state: RoundState): Effect;
  isPresent(record: ClientRecord): boolean;
  /** Counts anew who is away, and who is in quarantine. */
  recounted(state: RoundState): RoundState;
  isOver(state: RoundState): boolean;
  /** Enough clients are there to ask a round. */
  isEnough(state: RoundState): boolean;
  /** Calls for clients, ever more slowly. */
  call(state: RoundState): Step;
  /** Asks the next round if it can be asked, calls for clients if not, stands still when it is not to go on. */
  proceed(state: RoundState): Step;
  /** Stands still, with the model given to those who use it. */
  stand(state: RoundState): Step;
  /** Ends the asking when all have answered. */
  settle(state: RoundState): Step;
  /** Ends the asking: closes the round with a quorum, else it is void. */
  end(state: RoundState): Step;
  voided(state: RoundState, reason: string): Step;
  /** Void before its time: it is held against the `silent` alone. */
  givenUp(state: RoundState, reason: string, silent: readonly string[]): Step;
  /** The result is written: on to the next round. */
  saved(state: RoundState, rejected: readonly Rejected[]): Step;
}

const candidate = (id: string, { samples, loss, facts }: ClientRecord): Candidate => ({ id, samples, loss, facts });

/** Asked anew: whatever it answered before is over. */
export function askedIn(
  { answer: _, silent: __, ahead: ___, ...record }: ClientRecord,
  asking: number,
  round: number,
): ClientRecord {
  return { ...record, asked: asking, round };
}

/** Whatever was asked is over. */
export const cleared = (state: RoundState): RoundState => ({ ...state, ...nothingAsked });

/** The claim that most updates make; of equally many the first by its text, so that arrival decides nothing. */
export function mostClaimed(claims: RoundState['claims']): [claim: string, updates: number] {
  const none: [string, number] = ['', 0];
  return claims.reduce(
    (best, one) => (one[1] > best[1] || (one[1] === best[1] && one[0] < best[0]) ? one : best),
    none,
  );
}

/** `used`: updates in the new model. Those that state another privacy than most are left out: they count as refused. */
export function countsOf(state: RoundState, used = 0): RoundCounts {
  const { cohort, declined, withheld, late, refused } = state;
  const outvoted = used > 0 ? state.updates + state.bought - used : 0;
  return {
    cohort,
    updates: used,
    ...(used > 0 && state.bought > 0 ? { stale: state.bought } : {}),
    declined,
    ...(withheld > 0 ? { withheld } : {}),
    late,
    refused: outvoted > 0 ? [...refused, ['privacy-mismatch', outvoted]] : refused,
  };
}

/** What came in between two rounds, and belongs to the next record and the next model. */
const inBetween = ({ late, refused, bought, claims }: RoundState) => ({ late, refused, bought, claims });

/** `instead`: what asks the clients where there are no rounds. */
export function createAsking({ options }: RoundRules, instead?: (state: RoundState) => Step): Asking {
  const { timing } = options;
  const over = timing.mode === 'rounds' ? (timing.overSelect ?? 0) : 0;
  const reach = reachOf(timing);
  const needed = createSampler(options.sampler);
  const sampler = createSampler(options.sampler, over);
  const isPresent = (record: ClientRecord): boolean =>
    record.missed < options.missesUntilAway && !isQuarantined(record);
  /** Its answer to an earlier round is still waited for, or counts in this one. */
  const isBusy = ({ round }: RoundState, record: ClientRecord): boolean =>
    record.ahead === true ||
    (record.answer === undefined &&
      record.asked > 0 &&
      record.round !== undefined &&
      record.round < round &&
      round - record.round <= reach);
  const isOver = (state: RoundState): boolean => options.rounds > 0 && state.round > options.rounds;
  const isEnough = (state: RoundState): boolean =>
    state.clients.size - state.away >= (state.begun ? options.quorum : options.minClients);

  const forUse = (state: RoundState): Effect => ({
    type: 'publish',
    cohort: [],
    round: state.round,
    attempt: attemptOf(state),
  });

  const stand = (state: RoundState): Step => {
    const over = isOver(state);
    return same(
      {
        ...state,
        phase: over ? 'finished' : 'idle',
        goesOn: over && (state.goesOn || (state.running && !state.stepping)),
        running: false,
        stepping: false,
      },
      ...(state.round > 0 ? [forUse(state)] : []),
    );
  };

  const call = (state: RoundState): Step =>
    same(
      { ...state, phase: 'gathering', calls: state.calls + 1 },
      { type: 'invite', cohort: 'all' },
      { type: 'arm', timer: 'call', ms: backOff(state.calls) },
    );

  const proceed = (state: RoundState): Step => {
    if (!state.running || isOver(state)) return stand(state);
    if (!isEnough(state)) return call(state);
    if (instead && state.round > 0) return instead(state);
    const known = entries(state.clients);
    const there = known.filter(([, record]) => isPresent(record));
    const free = there.filter(([, record]) => !isBusy(state, record));
    // Those who are still at work are asked again only when there are too few others.
    const present = (free.length >= options.quorum ? free : there).map(([id, record]) => candidate(id, record));
    const away = known.filter(([, record]) => !isPresent(record) && !isQuarantined(record)).map(([id]) => id);
    const choice =
      state.round === 0
        ? { cohort: present.map(({ id }) => id), state: state.sampler }
        : sampler.choose(present, {
            seed: options.training.seed,
            words: [state.round, state.voids],
            state: state.sampler,
          });
    const { cohort } = choice;
    if (cohort.length < options.quorum) {
      return sampler.expected && state.round > 0 ? drawnTooFew(state, cohort.length) : call(state);
    }
    const asked = new Set(cohort);
    const asking = state.asking + 1;
    const { round } = state;
    const next: RoundState = {
      ...cleared(state),
      ...inBetween(state),
      phase: round === 0 ? 'statistics' : 'collecting',
      begun: true,
      calls: 0,
      asking,
      samplerNext: choice.state,
      cohort: cohort.length,
      ...(sampler.expected && round > 0 ? { expected: sampler.expected(present.length) } : {}),
      wanted: over > 0 && round > 0 ? Math.min(cohort.length, needed.size(present.length)) : cohort.length,
      clients: mapTable(state.clients, (record, id) => (asked.has(id) ? askedIn(record, asking, round) : record)),
    };
    const attempt = attemptOf(next);
    return same(
      next,
      { type: 'disarm', timer: 'call' },
      ...(away.length > 0 ? [{ type: 'invite', cohort: away } as const] : []),
      { type: 'arm', timer: 'deadline', ms: options.deadlineMs },
      round === 0 ? { type: 'ask-statistics', cohort, attempt } : { type: 'publish', cohort, round, attempt },
    );
  };

  /** A draw of chance is not made again until it suits: the round is void, and the next attempt at it draws anew. */
  const drawnTooFew = (state: RoundState, drawn: number): Step => {
    const reason = `The draw took ${drawn} clients, fewer than the quorum of ${options.quorum}.`;
    const counts = countsOf({ ...cleared(state), late: state.late, refused: state.refused, cohort: drawn });
    return afterVoid({ ...state, calls: 0 }, [{ type: 'void', round: state.round, reason, counts }, { type: 'clear' }]);
  };

  const recounted = (state: RoundState): RoundState => ({
    ...state,
    away: countIn(state.clients, (record) => !isPresent(record)),
    quarantined: countIn(state.clients, isQuarantined),
  });

  /**
   * Books who did not answer the asking that ends, and what the sampler remembers of it. Who had not answered yet when
   * enough others had is held nothing against.
   */
  const booked = (state: RoundState, early = false): RoundState => {
    const clients = mapTable(state.clients, ({ ahead: _, ...record }) =>
      record.asked === state.asking && record.answer === undefined && !early
        ? { ...record, missed: record.missed + 1 }
        : record,
    );
    return recounted({ ...state, clients, sampler: state.samplerNext });
  };

  /** What an asking that is void leaves behind; the round stays the one to do. */
  const afterVoid = (state: RoundState, effects: Effect[]): Step => {
    const next = { ...cleared(state), voids: state.voids + 1 };
    if (!state.running || state.stepping) return then({ state: next, effects }, stand);
    const ms = Math.max(options.pauseMs, backOff(state.voids));
    return { state: { ...next, phase: 'waiting' }, effects: [...effects, { type: 'arm', timer: 'pause', ms }] };
  };

  /** `spared`: that somebody has not answered is held against nobody. */
  const voided = (state: RoundState, reason: string, spared = state.phase === 'saving'): Step => {
    const effects: Effect[] = [
      { type: 'disarm', timer: 'deadline' },
      { type: 'void', round: state.round, reason, counts: countsOf(state) },
      { type: 'clear' },
    ];
    if (!state.heard && state.running) {
      effects.push({
        type: 'warn',
        code: 'no-answer',
        message: `No client answered round ${state.round}: wire the clients' output, through any filters, back to this aggregator.`,
      });
    }
    return afterVoid(booked(state, spared), effects);
  };

  const givenUp = (state: RoundState, reason: string, silent: readonly string[]): Step => {
    const named = new Set(silent);
    const clients = mapTable(state.clients, (record, id) =>
      named.has(id) && record.asked === state.asking ? { ...record, missed: record.missed + 1 } : record,
    );
    return voided({ ...state, clients }, reason, true);
  };

  const end = (state: RoundState, early = false): Step => {
    const [claim, updates] = mostClaimed(state.claims);
    if (updates + state.withheld < options.quorum) {
      const silent = state.cohort - state.updates - state.declined - state.failed;
      const unlike = state.updates + state.bought - updates;
      const others = [
        ...(unlike > 0 ? [`${unlike} state another privacy`] : []),
        ...(state.declined > 0 ? [`${state.declined} declined`] : []),
        ...(state.failed > 0 ? [`${state.failed} were refused`] : []),
        ...(silent > 0 ? [`${silent} are silent`] : []),
      ];
      return voided(
        state,
        `The quorum of ${options.quorum} was missed: ${updates} of ${state.cohort} clients answered (${others.join(', ')}).`,
      );
    }
    const counts = countsOf(state, updates);
    const { round, expected } = state;
    return same(
      // From here on what comes late or is refused belongs to the next record, and what is bought to the next model.
      { ...booked(state, early), late: 0, refused: [], bought: 0, claims: [], phase: 'saving' },
      { type: 'disarm', timer: 'deadline' },
      round === 0
        ? { type: 'close-statistics', counts }
        : { type: 'close', round, claim, counts, ...(expected === undefined ? {} : { expected }) },
      { type: 'clear' },
    );
  };

  const settle = (state: RoundState): Step => {
    if (state.updates + state.declined + state.failed >= state.cohort) return end(state);
    const { updates, withheld, wanted, claims } = state;
    const isEarly = updates + withheld >= wanted && mostClaimed(claims)[1] + withheld >= options.quorum;
    return isEarly ? end(state, true) : same(state);
  };

  const saved = (before: RoundState, rejected: readonly Rejected[]): Step => {
    const state = recounted(afterRound(before, rejected, options));
    const known = new Set(quarantinedOf(before));
    const warnings = quarantinedOf(state)
      .filter((client) => !known.has(client))
      .map(
        (client): Effect => ({
          type: 'warn',
          code: 'quarantined',
          message: `"${client}" was rejected again and again and is no longer asked: find out why, and send "release" with its name to let it back.`,
        }),
      );
    const step = afterSaving(state);
    return { ...step, effects: [...warnings, ...step.effects] };
  };

  const afterSaving = (state: RoundState): Step => {
    const next: RoundState = { ...cleared(state), ...inBetween(state), round: state.round + 1, voids: 0 };
    if (state.round === 0) return next.running ? proceed(next) : stand(next);
    if (isOver(next) || !next.running || next.stepping) return stand(next);
    if (options.pauseMs === 0) return proceed(next);
    return same({ ...next, phase: 'waiting' }, ...(options.pauseMs >= LONG_PAUSE_MS ? [forUse(next)] : []), {
      type: 'arm',
      timer: 'pause',
      ms: options.pauseMs,
    });
  };

  return { recounted, forUse, isPresent, isOver, isEnough, call, proceed, stand, settle, end, voided, givenUp, saved };
}
