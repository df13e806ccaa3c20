/**
 * The client's side of a federation: joins when it has samples, trains when it is asked, answers with an update or says
 * why not. Its samples stay where they are.
 */
import { encodeStatistics } from '../data/normalisation';
import { streamSeed } from '../random/generator';
import { RefusedError } from '../refused';
import type { SampleBlock, TrainJob, TrainResult } from '../training/engine';
import type {
  FederationHeader,
  InviteHeader,
  Message,
  ModelHeader,
  StatisticsRequestHeader,
  UpdateHeader,
} from '../update/message';
import { parseMessage } from '../update/validate';
import { readVector, vectorPayload } from '../update/vector';
import { type FederatedModel, tensorSizes } from './federated-model';

/** What a participant needs of a sample bank. */
export interface Samples {
  readonly count: number;
  /** Stays as it is while it is trained on. */
  block(): SampleBlock;
  /** [count, sums, sums of squares] of the features. */
  statistics(): Float64Array;
}

export interface TrainControl {
  signal: AbortSignal;
  /** From 0 to 1. */
  onProgress(fraction: number): void;
}

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
  bank: Samples;
  /** Joins with so many samples; default 1. */
  minSamples?: number;
  train(job: TrainJob, control: TrainControl): Promise<TrainResult>;
  /** To the aggregator. It may answer at once. */
  send(message: Message<FederationHeader>): void;
  onStatus?(status: ParticipantStatus): void;
  onTrained?(result: { round: number; samples: number; loss: number; steps: number; durationMs: number }): void;
  /** Whatever was refused or went wrong: one sentence, a code for counting. */
  onRefused?(refused: RefusedError): void;
}

export interface Participant {
  /** Anything that came in. Never throws: what is refused goes to onRefused. */
  receive(message: unknown): void;
  /** To be called when the bank has changed. */
  samplesChanged(): void;
  /** Stops what is being trained; nothing is sent any more. */
  close(): void;
}

interface Task {
  round: number;
  attempt: string;
  abort: AbortController;
}

/** What it told in a round, to be told again when the same round is asked anew from the same model. */
interface Told {
  round: number;
  attempt: string;
  global: Float32Array;
  fl?: UpdateHeader;
  payload?: Buffer;
}

const isOf = <K extends Message['fl']['kind']>(
  message: Message,
  kind: K,
): message is Message<Extract<Message['fl'], { kind: K }>> => message.fl.kind === kind;

const empty = Buffer.alloc(0);

export function createParticipant(parts: ParticipantParts): Participant {
  const { federation, client, model, bank } = parts;
  const needed = parts.minSamples ?? 1;
  const tensors = tensorSizes(model.layout);
  let closed = false;
  let joined = false;
  let round = 0;
  let task: Task | undefined;
  let told: Told | undefined;

  const say = (code: string, message: string): void => parts.onRefused?.(new RefusedError(code, message));
  const header = (of: number) => ({ federation, model: model.fingerprint, round: of, client });
  const send = (fl: FederationHeader, payload: Buffer = empty): void => {
    if (!closed) parts.send({ fl, payload });
  };
  const show = (progress?: number): void => {
    if (closed) return;
    const samples = bank.count;
    if (task) parts.onStatus?.({ state: 'training', samples, round: task.round, progress: progress ?? 0 });
    else if (samples < needed) parts.onStatus?.({ state: 'waiting', samples, needed });
    else parts.onStatus?.({ state: 'ready', samples, round });
  };
  const join = (): void => {
    joined = true;
    send({ kind: 'join', ...header(round), samples: bank.count });
  };
  const decline = (fl: { round: number; attempt: string }, reason: string): void =>
    send({ kind: 'decline', ...header(fl.round), attempt: fl.attempt, reason });
  const isAsked = ({ cohort }: { cohort: string[] | 'all' }): boolean => cohort === 'all' || cohort.includes(client);

  const invited = (fl: InviteHeader): void => {
    if (isAsked(fl) && bank.count >= needed) join();
  };

  const statistics = (fl: StatisticsRequestHeader): void => {
    if (!isAsked(fl)) return;
    if (bank.count === 0) decline(fl, 'No samples yet.');
    else send({ kind: 'statistics', ...header(fl.round), attempt: fl.attempt }, encodeStatistics(bank.statistics()));
  };

  const isSame = (a: Float32Array, b: Float32Array): boolean => a.length === b.length && a.every((x, i) => x === b[i]);

  const learn = ({ fl, payload }: Message<ModelHeader>): void => {
    if (fl.codecs.length > 0) {
      throw new RefusedError(
        'model-codecs',
        'A model must come as it is: put codecs such as fl-quantize behind a client only.',
      );
    }
    if (payload.length !== 4 * model.layout.size) {
      throw new RefusedError('wrong-tensors', 'The model that came has another size than the fl-model of this client.');
    }
    if (task?.attempt === fl.attempt || told?.attempt === fl.attempt) return;
    // What is newer replaces what is being trained, also when somebody else is asked now.
    task?.abort.abort();
    task = undefined;
    round = fl.round;
    if (!isAsked(fl)) {
      show();
      return;
    }
    // A view of the payload would change with it; this one is shared with the worker that trains.
    const global = new Float32Array(new SharedArrayBuffer(payload.length));
    global.set(readVector(payload, model.layout.size));
    if (told?.fl && told.payload && told.round === fl.round && isSame(told.global, global)) {
      told = { ...told, attempt: fl.attempt, fl: { ...told.fl, attempt: fl.attempt, ...expectation(fl) } };
      send(told.fl as UpdateHeader, told.payload);
      return;
    }
    told = undefined;
    if (bank.count < needed) decline(fl, `It has ${bank.count} samples and waits for ${needed}.`);
    else train(fl, global).catch((error: unknown) => say('internal', String(error)));
  };

  const expectation = (fl: ModelHeader) => ({
    expected: fl.cohort === 'all' ? Math.max(1, fl.quorum) : fl.cohort.length,
    deadlineMs: fl.deadlineMs,
  });

  const train = async (fl: ModelHeader, global: Float32Array): Promise<void> => {
    const mine: Task = { round: fl.round, attempt: fl.attempt, abort: new AbortController() };
    task = mine;
    show(0);
    const samples = bank.block();
    const isMine = (): boolean => task === mine && !closed;
    try {
      const options = { ...fl.training, seed: streamSeed(fl.training.seed, fl.round, client) };
      const job: TrainJob = { spec: model.spec, weights: global, samples, normalisation: fl.normalisation, options };
      const result = await parts.train(job, {
        signal: mine.abort.signal,
        onProgress: (fraction) => {
          if (isMine()) show(fraction);
        },
      });
      if (!isMine()) return;
      task = undefined;
      const change = new Float32Array(global.length);
      for (let i = 0; i < change.length; i++) change[i] = result.weights[i] - global[i];
      if (!change.every(Number.isFinite)) {
        throw new RefusedError('not-finite', 'The training has diverged: lower the learning rate or scale the inputs.');
      }
      const { loss, firstLoss, steps, durationMs } = result;
      const header_: UpdateHeader = {
        kind: 'update',
        ...header(fl.round),
        attempt: fl.attempt,
        samples: samples.count,
        codecs: [],
        tensors,
        ...expectation(fl),
        metrics: { loss, firstLoss, steps, durationMs },
      };
      told = { round: fl.round, attempt: fl.attempt, global, fl: header_, payload: vectorPayload(change) };
      parts.onTrained?.({ round: fl.round, samples: samples.count, loss, steps, durationMs });
      send(header_, told.payload);
      show();
    } catch (error) {
      if (!isMine() && task !== undefined) return;
      if (closed || mine.abort.signal.aborted) return;
      task = undefined;
      told = { round: fl.round, attempt: fl.attempt, global };
      const reason = error instanceof Error ? error.message : String(error);
      say(error instanceof RefusedError ? error.code : 'training', reason);
      decline(fl, `Its training failed: ${reason}`.slice(0, 300));
      show();
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
    if (message.fl.model !== model.fingerprint) {
      throw new RefusedError(
        'wrong-model',
        'The aggregator has another model than this client: choose the same fl-model in both.',
      );
    }
    if (isOf(message, 'model')) learn(message);
    else if (fl.kind === 'invite') invited(fl);
    else if (fl.kind === 'statistics-request') statistics(fl);
  };

  return {
    receive(message) {
      if (closed) return;
      try {
        take(parseMessage(message));
      } catch (error) {
        parts.onRefused?.(
          error instanceof RefusedError
            ? error
            : new RefusedError('message', 'The message cannot be used: its content does not fit its header.'),
        );
      }
    },
    samplesChanged() {
      if (closed) return;
      if (!joined && bank.count >= needed) join();
      if (!task) show();
    },
    close() {
      closed = true;
      task?.abort.abort();
      task = undefined;
    },
  };
}
