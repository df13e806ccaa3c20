/**
 * The client's side of a federation: joins when its learner has samples, has it learn when it is asked, answers with an
 * update or says why not. The samples stay where they are.
 */
import { sketchedNumbers } from '../metrics/quantile-sketch';
import { streamSeed } from '../random/generator';
import { RefusedError } from '../refused';
import type { TrainingOptions } from '../training/engine';
import { limits as updateLimits } from '../update/limits';
import type {
  ClientFacts,
  FederationHeader,
  InviteHeader,
  Message,
  ModelHeader,
  StatisticsRequestHeader,
} from '../update/message';
import { parseMessage } from '../update/validate';
import { isOlder } from './attempt';
import { type FederatedModel, tensorSizes } from './federated-model';
import type { GlobalModel, Learner, LearningControl, LearningTask, LocalUpdate } from './learner';
import { learnBest } from './local/best';
import { learnByRule } from './local/learning';
import { type LocalMemory, localMemory } from './local/memory';
import { groupOfAsking, isOfGroups, modelOfGroup, ownGroup } from './local/own-group';
import { keepsVector } from './local/rule';
import { receivedModel } from './received-model';
import { encodeTold, statisticsOf } from './round-zero';
import { createSender } from './sending/sender';
import { settledFor, updateMessage } from './update-message';
import { askedOf, type Done, isSameWork, isStillWelcome, type Task, type Work } from './work';

export type ParticipantStatus =
  /** `needed` more samples until it joins. */
  | { state: 'waiting'; samples: number; needed: number }
  | { state: 'ready'; samples: number; round: number }
  | { state: 'training'; samples: number; round: number; progress: number };

export interface ParticipantParts {
  federation: string;
  /** Id in the federation. */
  client: string;
  model: FederatedModel;
  learner: Learner;
  /** Joins with so many samples; default 1. */
  minSamples?: number;
  /** What it says of itself when it joins. */
  facts?(): ClientFacts | undefined;
  /** Where it keeps the vector that some strategies need at each client; absent: as long as it lives. */
  memory?: LocalMemory;
  /** To the aggregator. It may answer at once. */
  send(message: Message<FederationHeader>): void;
  onStatus?(status: ParticipantStatus): void;
  onTrained?(result: { round: number; samples: number } & LocalUpdate['metrics']): void;
  /** Its reconstruction errors at a model, as an encoded quantile sketch; absent, or undefined: it does not know them. */
  errors?(model: GlobalModel, signal: AbortSignal): Promise<number[] | undefined>;
  /** Whatever was refused or went wrong: one sentence, a code for counting. */
  onRefused?(refused: RefusedError): void;
}

export interface Participant {
  /** Anything that came in. Never throws: what is refused goes to onRefused. */
  receive(message: unknown): void;
  /** To be called when the samples of the learner, or its obstacle, have changed. */
  samplesChanged(): void;
  /** To be called when its facts have changed: it joins anew with them. */
  factsChanged(): void;
  /** Stops what is being trained; nothing is sent any more. */
  close(): void;
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const isOf = <K extends Message['fl']['kind']>(
  message: Message,
  kind: K,
): message is Message<Extract<Message['fl'], { kind: K }>> => message.fl.kind === kind;

const empty = Buffer.alloc(0);

export function createParticipant(parts: ParticipantParts): Participant {
  const { federation, client, model, learner } = parts;
  const needed = parts.minSamples ?? 1;
  const memory = parts.memory ?? localMemory(client);
  const { fingerprint, layout } = model;
  const sender = createSender({
    client,
    model: { fingerprint, tensors: tensorSizes(layout), size: layout.size },
    memory,
    restates: learner.restates,
  });
  let closed = false;
  let joined = false;
  let round = 0;
  let task: Task | undefined;
  let done: Done | undefined;
  /** The last asking of this client that came, and of anybody. */
  let attempt = '';
  let newest = '';
  /** The statistics that are being gathered. */
  let gathering: AbortController | undefined;

  const say = (code: string, message: string): void => parts.onRefused?.(new RefusedError(code, message));
  const group = ownGroup(memory, fingerprint, (reason) =>
    say('group-not-kept', `The group of "${client}" could not be written to disk: ${reason}`),
  );
  const header = (of: number) => ({ federation, model: model.fingerprint, round: of, client });
  const send = (fl: FederationHeader, payload: Buffer = empty): void => {
    if (!closed) parts.send({ fl, payload });
  };
  const show = (progress?: number): void => {
    if (closed) return;
    const samples = learner.count;
    if (task) parts.onStatus?.({ state: 'training', samples, round, progress: progress ?? 0 });
    else if (samples < needed) parts.onStatus?.({ state: 'waiting', samples, needed });
    else parts.onStatus?.({ state: 'ready', samples, round });
  };
  const join = (): void => {
    joined = true;
    const facts = parts.facts?.();
    send({ kind: 'join', ...header(round), samples: learner.count, ...(facts ? { facts: { ...facts } } : {}) });
  };
  const decline = (fl: { round: number; attempt: string }, why: string, withheld?: number): void => {
    // Of one line, and short.
    const reason = why.replace(/\s+/g, ' ').slice(0, updateLimits.reason);
    const told = withheld === undefined ? {} : { withheld };
    send({ kind: 'decline', ...header(fl.round), attempt: fl.attempt, reason, ...told });
  };
  /** Why it cannot answer what it is asked; undefined: it can. */
  const obstacleTo = (wanted: number): string | undefined => {
    if (learner.obstacle !== undefined) return learner.obstacle;
    if (parts.facts?.()?.willing === false) return 'It is not willing at present.';
    if (learner.count >= wanted) return undefined;
    return learner.count === 0 && wanted === 1
      ? 'No samples yet.'
      : `It has ${learner.count} samples and waits for ${wanted}.`;
  };
  const failed = (fl: { round: number; attempt: string }, what: 'training' | 'statistics', error: unknown): void => {
    const reason = reasonOf(error);
    say(error instanceof RefusedError ? error.code : what, reason);
    decline(fl, `Its ${what} failed: ${reason}`);
  };
  /** Each round and each client draws its own order of the samples. */
  const optionsOf = ({ training, round: of, turn }: ModelHeader): TrainingOptions => ({
    ...training,
    seed: streamSeed(training.seed, of, client, ...(turn ? [turn] : [])),
  });
  const isAsked = ({ cohort }: { cohort: string[] | 'all' }): boolean => cohort === 'all' || cohort.includes(client);

  const invited = (fl: InviteHeader): void => {
    if (isAsked(fl) && obstacleTo(needed) === undefined) join();
  };

  const statistics = async (fl: StatisticsRequestHeader): Promise<void> => {
    if (!isAsked(fl)) return;
    const obstacle = obstacleTo(1);
    if (obstacle !== undefined) {
      decline(fl, obstacle);
      return;
    }
    gathering?.abort();
    const mine = new AbortController();
    gathering = mine;
    try {
      const told = await statisticsOf(learner, fl, { signal: mine.signal, deadlineMs: fl.deadlineMs });
      if (mine.signal.aborted) return;
      const { labels } = told;
      const counts = labels ? { labels: labels.length } : {};
      send({ kind: 'statistics', ...header(fl.round), attempt: fl.attempt, ...counts }, encodeTold(told));
    } catch (error) {
      if (!mine.signal.aborted) failed(fl, 'statistics', error);
    }
  };

  const consider = (message: Message<ModelHeader>): void => {
    const { fl } = message;
    const kept = askedOf(client, fl);
    const asked = kept.cohort.length > 0;
    if (!asked && task && isStillWelcome(task.fl, fl)) {
      // Somebody else is asked meanwhile.
      if (!isOlder(fl.attempt, newest)) newest = fl.attempt;
      return;
    }
    const work: Work = { fl: kept, ...receivedModel(message, model), settled: asked ? settledFor(kept) : 0 };
    // The model of a group in which this client is not, or of the others who are asked at the same time.
    const isBeside = fl.attempt === attempt && fl.cohort.length > 0;
    if (!asked && fl.group !== undefined && (fl.group !== group.now || isBeside)) return;
    // Delivered twice, or held up on its way.
    const isLate = isOlder(fl.attempt, asked && fl.maxStaleness ? attempt : newest);
    if (isLate || (asked && fl.attempt === attempt)) return;
    if (asked) attempt = fl.attempt;
    if (!isOlder(fl.attempt, newest)) newest = fl.attempt;
    round = fl.round;
    if (asked) group.set(groupOfAsking(fl, group.now));
    if (asked && task && isSameWork(task, work)) {
      // Asked again while at it: the answer will be to the latest asking.
      task.fl = kept;
      return;
    }
    // What is newer replaces what is being trained, also when somebody else is asked now.
    task?.abort.abort();
    if (task?.fl.maxStaleness && !asked) decline(task.fl, 'The model that it trained on is too old by now.');
    task = undefined;
    const isDone = done !== undefined && isSameWork(done, work);
    const obstacle = obstacleTo(needed);
    if (asked && !isDone && obstacle === undefined) {
      train(work).catch((error: unknown) => say('internal', String(error)));
      return;
    }
    // What it has learned from already it knows.
    const heard = modelOfGroup(work, group.now);
    if (heard && !(asked && isDone)) {
      const final = fl.cohort.length === 0;
      learner.hear?.(heard, { options: optionsOf(fl), final, ...(fl.local ? { local: fl.local } : {}) });
    }
    if (!asked) show();
    else if (done && isDone) answer({ ...done, fl: kept });
    else if (obstacle !== undefined) decline(fl, obstacle);
  };

  const answer = (ready: Done): void => {
    done = ready;
    const { fl, local, stays } = ready;
    if (stays !== undefined) {
      decline(fl, stays, local.samples);
      return;
    }
    const { fl: header, payload } = updateMessage(client, fl, local, tensorSizes(model.layout, local.vectors));
    send(header, payload);
  };

  const learn = (
    { fl, further, settled }: Work,
    task: LearningTask,
    control: LearningControl,
  ): Promise<LocalUpdate> => {
    const { local: rule } = fl;
    if (!rule) return learner.learn(task, control);
    if (!keepsVector(rule)) return learnBest(learner, task, control, further);
    return learnByRule(learner, task, control, { rule, further, settled, model: model.fingerprint }, memory, () =>
      say(
        'local-state-lost',
        `What "${client}" kept for ${rule.name} since round ${settled} is not here: it begins with zeros, and when its update counts so do all others.`,
      ),
    );
  };

  /** Told beside the update when they are asked for; without them it counts all the same. */
  const errorsOf = async (
    { fl, global, further }: Work,
    signal: AbortSignal,
  ): Promise<(number[] | undefined)[] | undefined> => {
    if (!fl.threshold || !parts.errors) return undefined;
    // Which of the models it will choose is not known yet.
    const models = [global, ...(fl.local?.name === 'ifca' ? further : []).map((weights) => ({ ...global, weights }))];
    try {
      const errors: (number[] | undefined)[] = [];
      for (const model of models) errors.push(await parts.errors(model, signal));
      return errors;
    } catch (error) {
      if (!signal.aborted) say('errors', `Its reconstruction errors cannot be told: ${reasonOf(error)}`);
      return undefined;
    }
  };

  const train = async (work: Work): Promise<void> => {
    const mine: Task = { ...work, abort: new AbortController() };
    const { fl } = work;
    task = mine;
    done = undefined;
    show(0);
    const isMine = (): boolean => task === mine && !closed;
    let local: LocalUpdate;
    let stays: string | undefined;
    try {
      // Of the same samples as the training, which begins now.
      const errors = errorsOf(mine, mine.abort.signal);
      const atStart = fl.startLoss ? { atStart: { loss: true } } : {};
      local = await learn(
        work,
        { ...mine.global, options: optionsOf(fl), ...atStart },
        {
          signal: mine.abort.signal,
          deadlineMs: fl.deadlineMs,
          onProgress: (fraction) => {
            if (isMine()) show(fraction);
          },
        },
      );
      const told = (await errors)?.[local.group ?? 0];
      if (told && sketchedNumbers(told) <= local.samples) local = { ...local, errors: told };
      if (isMine()) {
        group.set(local.group ?? group.now);
        await group.keep();
      }
      if (fl.sending && isMine()) ({ local, stays } = await sender.consider(fl.sending, local, mine.global.weights));
    } catch (error) {
      if (!isMine()) return;
      task = undefined;
      failed(mine.fl, 'training', error);
      show();
      return;
    }
    if (!isMine()) return;
    task = undefined;
    parts.onTrained?.({ round, samples: local.samples, ...local.metrics });
    answer({ ...mine, local, ...(stays === undefined ? {} : { stays }) });
    show();
  };

  /** Never throws. */
  const guarded = (work: () => void): void => {
    if (closed) return;
    try {
      work();
    } catch (error) {
      parts.onRefused?.(
        error instanceof RefusedError
          ? error
          : new RefusedError('message', 'The message cannot be used: its content does not fit its header.'),
      );
    }
  };

  const take = (message: Message): void => {
    const { fl } = message;
    // What other participants say passes by where all share one wire.
    if (!isOf(message, 'invite') && !isOf(message, 'statistics-request') && !isOf(message, 'model')) return;
    if (message.fl.federation !== federation) {
      throw new RefusedError(
        'wrong-federation',
        `A message of the federation "${message.fl.federation}" came to a client of "${federation}": give both the same name or part their wires.`,
      );
    }
    if (isOf(message, 'model') && message.fl.personal !== undefined) {
      throw new RefusedError(
        'personal-model',
        `The personal model of "${message.fl.personal}" came to a client: wire that output to fl-predict, fl-evaluate or fl-export.`,
      );
    }
    if (message.fl.model !== model.fingerprint) {
      throw new RefusedError(
        'wrong-model',
        'The aggregator has another model than this client: choose the same fl-model in both.',
      );
    }
    if (isOf(message, 'model')) {
      if (group.isRead || !isOfGroups(message.fl)) consider(message);
      // Which group it was in before a restart. What comes meanwhile waits in the same line.
      else group.read().then(() => guarded(() => consider(message)));
    } else if (fl.kind === 'invite') invited(fl);
    else if (fl.kind === 'statistics-request') statistics(fl).catch((error: unknown) => say('internal', String(error)));
  };

  return {
    receive: (message) => guarded(() => take(parseMessage(message))),
    samplesChanged() {
      if (closed) return;
      if (!joined && obstacleTo(needed) === undefined) join();
      if (!task) show();
    },
    factsChanged() {
      // One that no longer wants to be asked has to say so too.
      if (!closed && (joined || obstacleTo(needed) === undefined)) join();
    },
    close() {
      closed = true;
      gathering?.abort();
      task?.abort.abort();
      task = undefined;
    },
  };
}
