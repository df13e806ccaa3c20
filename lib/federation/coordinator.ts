/**
 * The aggregator's side of a federation: carries out what the round's reducer wants. Everything that arrives is checked
 * (gate.ts) before the reducer hears of it; a model goes out only after the state that holds it is on the disk.
 */
import { randomBytes } from 'node:crypto';
import { createKernels } from '../core/create-kernels';
import type { Unlikeness } from '../data/unlikeness';
import { systemNoise } from '../privacy/noise';
import { noiseHere } from '../privacy/noising';
import { RefusedError } from '../refused';
import { createRule } from '../robust/create-rule';
import { diskTrouble } from '../state/disk-trouble';
import type { FederationHeader } from '../update/message';
import { createAggregation } from './aggregation';
import { createAsyncReducer } from './async-round';
import { createCensus } from './census';
import { checkRule } from './check-rule';
import { keptRound, type Learned, restoredState } from './checkpoint';
import { systemClock } from './clock';
import { createClosing, type Taken } from './closing';
import { combineHere } from './combining';
import { commandEvent } from './commands';
import type { Coordinator, CoordinatorParts } from './coordinator-parts';
import { firstWeights, otherWeights } from './federated-model';
import { createGate } from './gate';
import { createKeeper } from './keeper';
import { type Made, type Making, madeOf } from './made';
import type { RoundMetrics } from './metrics';
import { modelMessages, type Request } from './model-message';
import { createLastHeard, overviewOf } from './overview';
import { createRoot } from './root';
import { createRoundReducer } from './round';
import { type Effect, firstState, type RoundEvent, type TimerName } from './round-state';
import { asksAnything, roundZero } from './round-zero';
import { createSampler } from './samplers';
import { trainingAt } from './schedule';
import { secureAskings } from './secure/asking';
import { checkSecure } from './secure/options';
import { nothingSettled } from './settlement';
import { snapshotOf, statusOf } from './snapshot';
import { createTakenIn } from './taken-in';
import { createTaskQueue } from './task-queue';
import { requireErrors } from './threshold';
import { createTimers } from './timers';
import { lateWeight, timedStrategy } from './timing';
import { defaultSaveMs, reachOf } from './timing/options';
import { createVersions } from './timing/versions';
import { createWriter } from './writer';

export type { Coordinator, CoordinatorParts, CoordinatorStatus, Registered, Snapshot } from './coordinator-parts';

/** Reads the kept state, if there is any, and goes on from it. Rejects when it is there but cannot be read. */
export async function createCoordinator(parts: CoordinatorParts): Promise<Coordinator> {
  const { federation, model, options } = parts;
  const { kernels = createKernels(), clock = systemClock, normal = systemNoise(), seed } = parts;
  const asked = roundZero(model, options);
  requireErrors(model.spec, options.threshold);
  const statistics = asksAnything(asked);
  const { timing } = options;
  const { strategy = timedStrategy(timing, options.strategy, options.training) } = parts;
  const rules = { options, statistics };
  const reduce = timing.mode === 'async' ? createAsyncReducer(rules, timing) : createRoundReducer(rules);
  const { equalWeights } = createSampler(options.sampler);
  const { size } = model.layout;
  const staleness = lateWeight(timing);
  const rule = createRule(options.rule);
  checkRule(options.rule, strategy, options.quorum);
  if (options.secure) checkSecure(options.secure, strategy, options);
  const aggregation = createAggregation({ size, strategy, rule, equalWeights, staleness, kernels, normal, seed });
  const root = createRoot({ learner: parts.root, options, strategy });
  const combine = parts.combine ?? combineHere(kernels);
  const reach = reachOf(timing);
  const versions = createVersions(reach);
  const census = createCensus({ asked, options, spec: model.spec, send: (fl) => send({ ...fl, ...header() }) });

  const beginning = (): Learned => ({
    weights: firstWeights(model),
    normalisation: typeof model.normalisation === 'object' ? model.normalisation : undefined,
    strategy: strategy.name,
    strategyState: strategy.start(size, (index) => otherWeights(model, index)),
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
  const keeper = createKeeper({ federation, model, store: parts.store, beside: parts.beside, say });

  let state = firstState(statistics);
  let learned = beginning();
  let scale: number | undefined;
  let metrics: RoundMetrics | undefined;
  let closed = false;
  // The asking under way.
  let askedAt = 0;
  let vectorsDown = 1;
  /** Without rounds: what may go out. Absent: what there was in the beginning. */
  let onDisk: { learned: Learned; round: number } | undefined;
  const saveMs = timing.mode === 'async' ? (timing.saveMs ?? defaultSaveMs) : 0;
  /** Without rounds an answer has counted once it is taken in, whichever version will hold it. */
  const accepted = new Map<string, number>();
  /** Counts resets: what was made before one no longer counts. */
  let life = 0;

  /** What a callback throws must not end the process of those who use this. */
  const guarded = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      say('internal', error instanceof Error ? error.message : String(error));
    }
  };

  const { enqueue, ...queue } = createTaskQueue(guarded, () =>
    guarded(() => parts.onStatus?.(statusOf(state, options))),
  );
  const lastHeard = createLastHeard(clock);
  const timers = createTimers<TimerName>(clock, (timer) => enqueue(() => dispatch({ type: 'timer', timer })));
  const reasonOf = (error: unknown): string =>
    `The state cannot be written: ${diskTrouble(error)?.message ?? String(error)}`;
  const unwritten = (error: unknown): void => say('state-write', reasonOf(error));
  const writer = createWriter({
    keeper,
    clock,
    current: () => ({ kept: keptRound(state), learned }),
    inOrder: (task) => (closed ? guarded(task) : enqueue(task)),
    onError: unwritten,
  });

  const secure = secureAskings({
    ...{ federation, model, options, clock },
    send: ({ fl, payload }) => send(fl, payload),
    inOrder: enqueue,
    onRefused: (refused) => {
      refuse(refused);
      dispatch({ type: 'refused', code: refused.code });
    },
    onOut: (asking, clients) => {
      for (const client of clients) dispatch({ type: 'failed', client, ...asking, code: 'secure-out' });
    },
    onVoid: (attempt, reason, silent) => dispatch({ type: 'given-up', attempt, reason, silent }),
  });
  const gate = createGate({
    ...{ federation, model, strategy, kernels, asked, census, reach, secure },
    sending: options.sending !== undefined,
    ...(options.schedule ? { rateOf: (round: number) => trainingAt(options, round).learningRate } : {}),
  });
  const takenIn = createTakenIn({ aggregation, census, strategy, versions, secure, accepted });

  const closing = createClosing({
    federation,
    options,
    strategy,
    kernels,
    combine,
    noising: parts.noising ?? noiseHere(normal),
    root,
    now: clock.now,
    clients: () => state.clients.size,
  });

  const dispatch = (event: RoundEvent): void => {
    const step = reduce(state, event);
    state = step.state;
    lastHeard.take(event, state);
    for (const effect of step.effects) perform(effect);
  };

  const perform = (effect: Effect): void => {
    switch (effect.type) {
      case 'invite':
        send({ kind: 'invite', ...header(), cohort: effect.cohort });
        return;
      case 'ask-statistics':
        askedAt = clock.now();
        census.ask(effect);
        return;
      case 'publish':
        publish(effect);
        return;
      case 'arm':
        timers.arm(effect.timer, effect.ms);
        return;
      case 'disarm':
        timers.disarm(effect.timer);
        return;
      case 'refuse':
      case 'warn':
        say(effect.code, effect.message);
        return;
      case 'clear':
        takenIn.clear();
        return;
      case 'close':
        save(() => closeRound(effect));
        return;
      case 'close-statistics':
        save(() => {
          const { unlikeness, ...gathered } = census.gathered();
          return made({ next: { ...learned, ...gathered, bytesUp: learned.bytesUp + takenIn.bytesUp }, unlikeness });
        });
        return;
      case 'advance':
        advance(effect);
        return;
      case 'keep': {
        const mine = life;
        writer.keep(saveMs, (written, { round }) => {
          if (mine !== life) return;
          onDisk = { learned: written, round };
          dispatch({ type: 'kept', round });
        });
        return;
      }
      case 'void':
        voided(effect);
        return;
      case 'persist':
        writer.persist();
        return;
      case 'forget':
        secure?.end();
        learned = beginning();
        accepted.clear();
        onDisk = undefined;
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
    census.askBeside(request);
    // Without rounds newer versions may be in the making: what goes out is the one on the disk.
    const written = onDisk?.learned ?? learned;
    const from = timing.mode === 'async' ? { ...written, settlement: accepted } : written;
    const round = onDisk?.round ?? request.round;
    if (rule?.uses === 'root' && request.cohort.length > 0) root.begin(from, round);
    if (strategy.rebase) versions.wentOut(round, from.weights);
    if (timing.mode === 'rounds') askedAt = clock.now();
    const masks = request.cohort.length > 0 ? secure?.begin(request) : undefined;
    // Its asking is void before it began.
    if (secure && request.cohort.length > 0 && !masks) return;
    const what = { ...request, round, ...(masks ? { secure: masks } : {}) };
    for (const { message, vectors } of modelMessages({ federation, model, options, strategy }, from, what)) {
      const { cohort } = message.fl;
      takenIn.bytesDown += message.payload.length * cohort.length;
      vectorsDown = vectors;
      send(message.fl, message.payload);
    }
  };

  const taken = (): Taken => {
    const { bytesUp, bytesDown } = takenIn;
    return { bytesUp, bytesDown, vectorsDown, failed: state.failed, askedAt };
  };

  const closeRound = (effect: Extract<Effect, { type: 'close' }>): Made | Promise<Made> => {
    const counted = census.endBeside();
    if (secure) {
      const [was, before] = [taken(), learned];
      return secure.open(state.clients.size).then((sum) => made(counted(closing.plain(effect, sum, was, before))));
    }
    const aggregate = aggregation.aggregate(effect.claim, state.clients.size, { ...effect, central: learned.central });
    const closed = closing.whole(effect, aggregate, taken(), learned);
    return closed instanceof Promise ? closed.then((what) => made(counted(what))) : made(counted(closed));
  };

  const made = (what: Making): Made => madeOf(what, state, options);

  /** Makes what is next, writes it, and only then lets it count. */
  const save = (make: () => Made | Promise<Made>): void => {
    const mine = life;
    // What comes in from here on is for the next round; when this one fails, so is what it had taken.
    const { bytesUp, bytesDown } = takenIn;
    writer.save(
      make,
      ({ next, told, unlikeness, rejected }) => {
        if (mine !== life) return;
        learned = next;
        scale = undefined;
        if (told) tell(told);
        if (unlikeness && options.unlikeness) report(unlikeness);
        dispatch({ type: 'saved', rejected });
      },
      (error) => {
        if (mine !== life) return;
        takenIn.bytesUp += bytesUp;
        takenIn.bytesDown += bytesDown;
        if (error instanceof RefusedError) refuse(error);
        else unwritten(error);
        const reason = error instanceof RefusedError ? error.message : reasonOf(error);
        dispatch({ type: 'unsaved', reason });
      },
    );
  };

  /** Without rounds: the next version counts at once, and is written in its own time. */
  const advance = (effect: Extract<Effect, { type: 'advance' }>): void => {
    try {
      const aggregate = aggregation.aggregate(effect.claim, state.clients.size, {
        ...effect,
        central: learned.central,
      });
      const { next, told } = closing.plain(effect, aggregate, taken(), learned);
      learned = next;
      scale = undefined;
      askedAt = clock.now();
      tell(told);
    } catch (error) {
      if (error instanceof RefusedError) refuse(error);
      else say('internal', String(error));
      dispatch({ type: 'unmade' });
      return;
    }
    dispatch({ type: 'made' });
  };

  const voided = (effect: Extract<Effect, { type: 'void' }>): void => {
    const { next, told } = closing.voided(effect, taken(), learned);
    learned = next;
    if (effect.round > 0) tell(told);
    else say('statistics-void', `The statistics of the clients could not be gathered. ${effect.reason}`);
  };

  const identity = () => ({ federation, fingerprint: model.fingerprint, ...(metrics ? { metrics } : {}) });

  const tell = (told: RoundMetrics): void => {
    metrics = told;
    if (!closed) guarded(() => parts.onMetrics?.({ ...told, refused: { ...told.refused } }));
  };

  const report = (unlikeness: Unlikeness): void => {
    if (!closed) guarded(() => parts.onUnlikeness?.(unlikeness));
  };

  const found = await keeper.read();
  if (found) {
    state = restoredState(found.kept, statistics);
    // Another strategy does not understand what this one remembered.
    const { strategy: _, strategyState: __, settlement: ___, ...rest } = found.learned;
    learned = found.learned.strategy === strategy.name ? found.learned : { ...beginning(), ...rest };
    for (const [client, round] of learned.settlement) accepted.set(client, round);
    if (options.classWeighting && !options.countEvery && !learned.labelCounts && state.round > 0) {
      say(
        'no-counts',
        'The labels were not counted when this federation began: send "reset" to have class weights made.',
      );
    }
  }
  enqueue(() => dispatch({ type: 'opened', run: randomBytes(6).toString('base64url') }));
  setImmediate(queue.start);

  return {
    receive(message) {
      enqueue(() => {
        scale ??= kernels.norm(learned.weights);
        const received = gate(message, state, scale, (material) =>
          takenIn.take(material, state.round, learned, onDisk?.learned ?? learned),
        );
        if (!received) return;
        if (received.refused) refuse(received.refused);
        dispatch(received.event);
      });
    },
    command(name, client) {
      enqueue(() => {
        try {
          dispatch(commandEvent(name, client));
        } catch (error) {
          if (error instanceof RefusedError) refuse(error);
          else throw error;
        }
      });
    },
    snapshot: () => ({ ...snapshotOf(state, learned, options), ...identity() }),
    overview: () => ({ ...overviewOf(state, learned, options, lastHeard.silence), ...identity() }),
    async close() {
      closed = true;
      queue.close();
      timers.close();
      root.close();
      secure?.end();
      if (parts.beside) writer.persist();
      await writer.close();
    },
  };
}
