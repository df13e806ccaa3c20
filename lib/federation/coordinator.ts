/**
 * The aggregator's side of a federation: carries out what the round's reducer wants. Everything that arrives is checked
 * (gate.ts) before the reducer hears of it; a model goes out only after the state that holds it is on the disk.
 */
import { randomBytes } from 'node:crypto';
import { createKernels } from '../core/create-kernels';
import type { Unlikeness } from '../data/unlikeness';
import { systemNoise } from '../privacy/noise';
import { RefusedError } from '../refused';
import type { FederationHeader } from '../update/message';
import { claimOf, createAggregation } from './aggregation';
import { keptRound, type Learned, restoredState } from './checkpoint';
import { systemClock } from './clock';
import type { Coordinator, CoordinatorParts, CoordinatorStatus } from './coordinator-parts';
import { firstWeights, otherWeights } from './federated-model';
import { createGate, type Material } from './gate';
import { createKeeper } from './keeper';
import { countsOf, furtherBytes, type RoundMetrics } from './metrics';
import { modelMessages, type Request } from './model-message';
import { nextModel } from './next-model';
import { createRoundReducer } from './round';
import { type Command, type Effect, firstState, type RoundEvent, type TimerName } from './round-state';
import { asksAnything, gather, roundZero, type Statistics } from './round-zero';
import { createSampler } from './samplers';
import { nothingSettled } from './settlement';
import { createStrategy } from './strategies';
import { entries } from './table';
import { requireErrors } from './threshold';

export type { Coordinator, CoordinatorParts, CoordinatorStatus, Snapshot } from './coordinator-parts';

const commands: readonly string[] = ['start', 'pause', 'step', 'stop', 'reset'] satisfies Command[];
export const isCommand = (name: unknown): name is Command => typeof name === 'string' && commands.includes(name);

/** What a round has made: to be written, then to count and to be told. */
interface Made {
  next: Learned;
  told?: RoundMetrics;
  unlikeness?: Unlikeness;
}

/** Reads the kept state, if there is any, and goes on from it. Rejects when it is there but cannot be read. */
export async function createCoordinator(parts: CoordinatorParts): Promise<Coordinator> {
  const { federation, model, options } = parts;
  const { kernels = createKernels(), clock = systemClock, normal = systemNoise() } = parts;
  const asked = roundZero(model, options);
  requireErrors(model.spec, options.threshold);
  const statistics = asksAnything(asked);
  const { strategy = createStrategy(options.strategy, options.training) } = parts;
  const reduce = createRoundReducer({ options, statistics });
  const { equalWeights } = createSampler(options.sampler);
  const aggregation = createAggregation({ size: model.layout.size, strategy, equalWeights, kernels, normal });
  const gate = createGate({ federation, model, strategy, kernels, asked });

  const beginning = (): Learned => ({
    weights: firstWeights(model),
    normalisation: typeof model.normalisation === 'object' ? model.normalisation : undefined,
    strategy: strategy.name,
    strategyState: strategy.start(model.layout.size, (index) => otherWeights(model, index)),
    settlement: nothingSettled,
    bytesUp: 0,
    bytesDown: 0,
  });
  const refuse = (refused: RefusedError): void => {
    try {
      parts.onRefused?.(refused);
    } catch {
      // There is nobody left to tell.
    }
  };
  const say = (code: string, message: string): void => refuse(new RefusedError(code, message));
  const keeper = createKeeper({ federation, model, store: parts.store, say });

  let state = firstState(statistics);
  let learned = beginning();
  let scale: number | undefined;
  let metrics: RoundMetrics | undefined;
  let closed = false;
  // The asking under way.
  let askedAt = 0;
  let bytesUp = 0;
  let bytesDown = 0;
  const told = new Map<string, Statistics>();
  let vectorsDown = 1;
  // Writing.
  let life = 0;
  let saving: Promise<void> | undefined;
  let stale = false;
  const writes = new Set<Promise<void>>();
  const timers = new Map<TimerName, () => void>();
  const queue: (() => void)[] = [];
  /** True until the first event, too: those who asked for a coordinator shall have it before it speaks. */
  let draining = true;

  const enqueue = (task: () => void): void => {
    if (closed) return;
    queue.push(task);
    if (!draining) drain();
  };

  const drain = (): void => {
    draining = true;
    for (let next = queue.shift(); next && !closed; next = queue.shift()) guarded(next);
    draining = false;
    if (!closed) guarded(() => parts.onStatus?.(status()));
  };

  /** What a callback throws must not end the process of those who use this. */
  const guarded = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      say('internal', error instanceof Error ? error.message : String(error));
    }
  };

  const dispatch = (event: RoundEvent): void => {
    const step = reduce(state, event);
    state = step.state;
    for (const effect of step.effects) perform(effect);
  };

  const perform = (effect: Effect): void => {
    switch (effect.type) {
      case 'invite':
        send({ kind: 'invite', ...header(), cohort: effect.cohort });
        return;
      case 'ask-statistics': {
        askedAt = clock.now();
        const { cohort, attempt } = effect;
        const { deadlineMs } = options;
        const wanted = {
          ...(asked.sums ? {} : { sums: false }),
          ...(asked.labels > 0 ? { labels: asked.labels } : {}),
        };
        send({ kind: 'statistics-request', ...header(), attempt, cohort, deadlineMs, ...wanted });
        return;
      }
      case 'publish':
        publish(effect);
        return;
      case 'arm':
        if (closed) return;
        timers.get(effect.timer)?.();
        timers.set(
          effect.timer,
          clock.after(effect.ms, () => enqueue(() => dispatch({ type: 'timer', timer: effect.timer }))),
        );
        return;
      case 'disarm':
        timers.get(effect.timer)?.();
        timers.delete(effect.timer);
        return;
      case 'refuse':
      case 'warn':
        say(effect.code, effect.message);
        return;
      case 'clear':
        clear();
        return;
      case 'close':
        save(() => closeRound(effect));
        return;
      case 'close-statistics':
        save(() => {
          const { unlikeness, ...gathered } = gather(told, asked, model.spec);
          return { next: { ...learned, ...gathered, bytesUp: learned.bytesUp + bytesUp }, unlikeness };
        });
        return;
      case 'void':
        voided(effect);
        return;
      case 'persist':
        persist();
        return;
      case 'forget':
        learned = beginning();
        scale = undefined;
        metrics = undefined;
        life++;
        return;
    }
  };

  const header = () => ({ federation, model: model.fingerprint, round: state.round });
  const send = (fl: FederationHeader, payload: Buffer = Buffer.alloc(0)): void => {
    if (!closed) guarded(() => parts.send({ fl, payload }));
  };

  const publish = (request: Request): void => {
    askedAt = clock.now();
    for (const { message, vectors } of modelMessages({ federation, model, options, strategy }, learned, request)) {
      const { cohort } = message.fl;
      bytesDown += message.payload.length * cohort.length;
      vectorsDown = vectors;
      send(message.fl, message.payload);
    }
  };

  /** Throws RefusedError when the sum cannot take the update. */
  const takeIn = (material: Material): void => {
    if (material.kind === 'statistics') told.set(material.client, material.statistics);
    else {
      const { facts, vectors, privacy } = material;
      const group = strategy.groups?.of(facts, learned.strategyState);
      aggregation.add(claimOf(privacy), facts, vectors, privacy, group);
    }
    bytesUp += material.bytes;
  };

  const clear = (): void => {
    aggregation.clear();
    told.clear();
    bytesUp = 0;
    bytesDown = 0;
  };

  const record = (
    { round, counts }: Pick<Extract<Effect, { type: 'close' }>, 'round' | 'counts'>,
    rest: Pick<RoundMetrics, 'samples' | 'loss' | 'updateNorm' | 'privacy' | 'threshold' | 'void'>,
  ): RoundMetrics => ({
    federation,
    round,
    strategy: strategy.name,
    ...countsOf(counts),
    ...rest,
    bytesUp,
    bytesDown,
    ...furtherBytes({ bytesUp, bytesDown }, { up: strategy.vectorsPerUpdate, down: vectorsDown }),
    bytesUpTotal: learned.bytesUp + bytesUp,
    bytesDownTotal: learned.bytesDown + bytesDown,
    durationMs: clock.now() - askedAt,
    clients: state.clients.size,
  });

  const closeRound = (effect: Extract<Effect, { type: 'close' }>): Made => {
    const aggregate = aggregation.aggregate(effect.claim, state.clients.size);
    const made = nextModel(learned, aggregate, {
      round: effect.round,
      strategy,
      kernels,
      threshold: options.threshold,
    });
    const told = record(effect, made.told);
    return { next: { ...made.learned, bytesUp: told.bytesUpTotal, bytesDown: told.bytesDownTotal }, told };
  };

  /** Makes what is next, writes it, and only then lets it count. */
  const save = (make: () => Made): void => {
    const mine = life;
    const work = async (): Promise<Made> => {
      const made = make();
      await keeper.write({ ...keptRound(state), round: state.round + 1 }, made.next);
      return made;
    };
    const finish = (event: RoundEvent, made?: Made): void => {
      saving = undefined;
      // What is on the disk counts, also when the end came in between.
      const count = (): void => {
        if (mine === life) {
          if (made) {
            learned = made.next;
            scale = undefined;
            if (made.told) tell(made.told);
            if (made.unlikeness && options.unlikeness) report(made.unlikeness);
          }
          dispatch(event);
        }
        if (stale && !saving) persist();
      };
      if (closed) guarded(count);
      else enqueue(count);
    };
    saving = work().then(
      (made) => finish({ type: 'saved' }, made),
      (error: unknown) => {
        const reason = error instanceof RefusedError ? error.message : `The state cannot be written: ${String(error)}`;
        if (mine === life) say(error instanceof RefusedError ? error.code : 'state-write', reason);
        finish({ type: 'unsaved', reason });
      },
    );
  };

  const voided = (effect: Extract<Effect, { type: 'void' }>): void => {
    const told = record(effect, { samples: 0, updateNorm: 0, void: effect.reason });
    learned = { ...learned, bytesUp: told.bytesUpTotal, bytesDown: told.bytesDownTotal };
    if (effect.round > 0) tell(told);
    else say('statistics-void', `The statistics of the clients could not be gathered. ${effect.reason}`);
  };

  const tell = (told: RoundMetrics): void => {
    metrics = told;
    if (!closed) guarded(() => parts.onMetrics?.({ ...told, refused: { ...told.refused } }));
  };

  const report = (unlikeness: Unlikeness): void => {
    if (!closed) guarded(() => parts.onUnlikeness?.(unlikeness));
  };

  /** Writes what is; what is being saved comes first, as it may be newer. */
  const persist = (): void => {
    stale = saving !== undefined;
    if (stale) return;
    const write = keeper
      .write(keptRound(state), learned)
      .catch((error: unknown) => say('state-write', `The state cannot be written: ${String(error)}`))
      .finally(() => writes.delete(write));
    writes.add(write);
  };

  const status = (): CoordinatorStatus => ({
    phase: state.phase,
    running: state.running,
    round: state.round,
    rounds: options.rounds,
    clients: state.clients.size - state.away,
    cohort: state.cohort,
    answers: state.updates + state.declined + state.failed,
  });

  const found = await keeper.read();
  if (found) {
    state = restoredState(found.kept, statistics);
    // Another strategy does not understand what this one remembered.
    const { strategy: _, strategyState: __, settlement: ___, ...rest } = found.learned;
    learned = found.learned.strategy === strategy.name ? found.learned : { ...beginning(), ...rest };
    if (options.classWeighting && !learned.labelCounts && state.round > 0) {
      say(
        'no-counts',
        'The labels were not counted when this federation began: send "reset" to have class weights made.',
      );
    }
  }
  enqueue(() => dispatch({ type: 'opened', run: randomBytes(6).toString('base64url') }));
  setImmediate(drain);

  return {
    receive(message) {
      enqueue(() => {
        scale ??= kernels.norm(learned.weights);
        const received = gate(message, state, scale, takeIn);
        if (!received) return;
        if (received.refused) refuse(received.refused);
        dispatch(received.event);
      });
    },
    command(command) {
      enqueue(() => {
        if (isCommand(command)) dispatch({ type: 'command', command });
        else
          say(
            'unknown-command',
            `Send one of ${commands.join(', ')} as msg.topic: "${String(command)}" is none of them.`,
          );
      });
    },
    snapshot: () => ({
      ...status(),
      federation,
      fingerprint: model.fingerprint,
      weights: learned.weights.slice(),
      ...(learned.normalisation ? { normalisation: structuredClone(learned.normalisation) } : {}),
      registry: entries(state.clients).map(([client, { samples, missed }]) => ({
        client,
        samples,
        away: missed >= options.missesUntilAway,
      })),
      bytesUpTotal: learned.bytesUp,
      bytesDownTotal: learned.bytesDown,
      ...(metrics ? { metrics } : {}),
    }),
    async close() {
      closed = true;
      for (const cancel of timers.values()) cancel();
      timers.clear();
      while (saving || writes.size > 0) await Promise.all([saving, ...writes]);
    },
  };
}
