/**
 * What arrives at the aggregator becomes an event for the round, or is refused: first the header, then whether it is of
 * this federation and this asking, and only then the vector.
 */
import type { Kernels } from '../core/kernels';
import { decodeSketch, sketchBytes } from '../metrics/quantile-sketch';
import { holdToNorm } from '../privacy/central';
import { RefusedError } from '../refused';
import { changing } from '../robust/changing';
import { mask } from '../update/codecs/mask';
import { decodeAll } from '../update/codecs/registry';
import { limits } from '../update/limits';
import type {
  Message,
  PrivacyClaim,
  SecureAnswer,
  StatisticsHeader,
  TensorSizes,
  UpdateHeader,
} from '../update/message';
import { parseMessage } from '../update/validate';
import { requireFinite } from '../update/vector';
import { refusalOf, stalenessOf } from './admission';
import { claimOf } from './aggregation';
import { isOfRun } from './attempt';
import { type Census, isBeside } from './census';
import { type FederatedModel, tensorSizes } from './federated-model';
import { keepsVector } from './local/rule';
import { isQuarantined } from './quarantine';
import type { RoundEvent, RoundState, Told } from './round-state';
import { decodeTold, type RoundZero, type Statistics } from './round-zero';
import type { SecureAskings } from './secure/asking';
import type { Strategy, UpdateFacts } from './strategies/strategy';
import { get } from './table';

/** The vectors that belong to an event that the reducer will accept. */
export type Material =
  | { kind: 'update'; facts: UpdateFacts; vectors: Float32Array[]; privacy?: PrivacyClaim; bytes: number }
  /** One that only adds up with the others. */
  | { kind: 'masked'; facts: UpdateFacts; payload: Buffer; privacy?: PrivacyClaim; bytes: number }
  /** An update that stayed where it was made: no change, of so many samples. */
  | { kind: 'withheld'; client: string; samples: number; bytes: 0 }
  /** `again`: labels that are counted beside a round. */
  | { kind: 'statistics'; client: string; statistics: Statistics; again: boolean; bytes: number };

export interface Received {
  event: RoundEvent;
  /** Why it was refused before the reducer saw it. */
  refused?: RefusedError;
}

export interface GateParts {
  strategy: Strategy;
  federation: string;
  model: FederatedModel;
  kernels: Pick<Kernels, 'allFinite' | 'norm' | 'clip'>;
  /** How many rounds an answer may be behind. */
  reach: number;
  /** Clients are asked to hold back what is not worth sending. */
  sending: boolean;
  /** Takes what clients say of masks; absent: updates come as they are. */
  secure?: Pick<SecureAskings, 'receive' | 'out'>;
  /** The rate that the clients of a round were told; absent: that of the training. */
  rateOf?(round: number): number;
  /** What round 0 asks for. */
  asked: RoundZero;
  census: Pick<Census, 'askedAgain' | 'isOpen'>;
}

const asRefused = (error: unknown): RefusedError =>
  error instanceof RefusedError
    ? error
    : new RefusedError('message', 'The message cannot be used: its content does not fit its header.');

/** The loss that samplers go by: of the model as it came, else of the training. */
function lossOf({ metrics = {} }: UpdateHeader): { loss?: number } {
  const loss = metrics.startLoss ?? metrics.loss;
  return loss === undefined ? {} : { loss };
}

/** What is told of what is kept between the rounds, at the client and on the way. */
const memoryOf = ({ anew, remembers }: UpdateHeader): Pick<UpdateFacts, 'anew' | 'remembers'> => ({
  ...(anew ? { anew } : {}),
  ...(remembers ? { remembers } : {}),
});

const isAlike = (a: TensorSizes, b: TensorSizes): boolean =>
  a.length === b.length && a.every(([size, channels], i) => size === b[i][0] && channels === b[i][1]);

export function createGate(parts: GateParts) {
  const { federation, model, strategy, kernels, asked, census, reach, sending, secure, rateOf } = parts;
  const tensors = tensorSizes(model.layout, strategy.vectorsPerUpdate);
  const { size } = model.layout;

  /** Of a masked update nothing is known but what its header tells. */
  const maskedOf = ({ fl, payload }: Message<UpdateHeader>, staleness: number): Material => {
    const { client, samples, privacy, codecs } = fl;
    if (codecs.length !== 1 || codecs[0].name !== mask.name) {
      throw new RefusedError(
        'unmasked',
        `The update of "${client}" came without a mask and was not looked at: wire its fl-client through fl-secure-mask, as the last node before fl-wire or this aggregator.`,
      );
    }
    if (privacy?.mode === 'central') {
      throw new RefusedError(
        'privacy-secure',
        `The update of "${client}" asks for central noise, and whether a masked update is clipped cannot be checked: choose local or distributed noise in fl-dp-noise.`,
      );
    }
    const facts: UpdateFacts = { client, samples, norm: 0, staleness, metrics: {}, ...memoryOf(fl) };
    return { kind: 'masked', facts, payload, ...(privacy ? { privacy } : {}), bytes: payload.length };
  };

  const updateOf = ({ fl, payload }: Message<UpdateHeader>, scale: number, staleness: number): Material => {
    if (!isAlike(fl.tensors, tensors)) {
      throw new RefusedError(
        'wrong-tensors',
        `The update of "${fl.client}" is for tensors that this model does not have.`,
      );
    }
    if (keepsVector(strategy.local) && changing.includes(fl.score?.method ?? '')) {
      throw new RefusedError(
        'changed-update',
        `A filter ("${fl.score?.method}") has changed the update of "${fl.client}": what the clients of "${strategy.name}" remember would no longer be what came. Choose a method that lets updates through as they are.`,
      );
    }
    if (secure) return maskedOf({ fl, payload }, staleness);
    if (fl.privacy?.mode === 'distributed') {
      throw new RefusedError(
        'privacy-secure',
        `The update of "${fl.client}" has but its part of the noise, which is whole in a secure sum alone: switch secure aggregation on, or choose local noise in fl-dp-noise.`,
      );
    }
    const all = requireFinite(decodeAll(payload, fl.codecs, tensors), kernels);
    const vectors = Array.from({ length: strategy.vectorsPerUpdate }, (_, i) => all.subarray(i * size, (i + 1) * size));
    const norms = vectors.map((vector) => kernels.norm(vector));
    const longest = Math.max(...norms);
    if (longest > limits.timesTheModel * Math.max(1, scale)) {
      throw new RefusedError(
        'norm-bound',
        `The update of "${fl.client}" has the norm ${longest.toExponential(1)}, its training has diverged: lower the learning rate.`,
      );
    }
    let [norm] = norms;
    const { privacy, client, samples, group, metrics = {} } = fl;
    if (privacy?.mode === 'central') {
      vectors[0] = holdToNorm(vectors[0], privacy, kernels);
      norm = Math.min(norm, privacy.clippingNorm);
    }
    const { errors } = fl;
    if (errors) decodeSketch(errors, samples);
    const facts: UpdateFacts = {
      ...{ client, samples, norm, staleness, group, metrics },
      ...(errors ? { errors } : {}),
      ...memoryOf(fl),
      ...(rateOf ? { learningRate: rateOf(fl.round) } : {}),
    };
    const bytes = payload.length + (errors ? sketchBytes(errors) : 0);
    return { kind: 'update', facts, vectors, privacy, bytes };
  };

  const statisticsOf = ({ fl, payload }: Message<StatisticsHeader>): Material => {
    const again = isBeside(fl.attempt);
    const statistics = decodeTold(payload, fl.labels ?? 0, again ? census.askedAgain : asked, model.spec);
    return { kind: 'statistics', client: fl.client, statistics, again, bytes: payload.length };
  };

  const isAnswer = (message: Message): message is Message<SecureAnswer> =>
    message.fl.kind === 'secure' && 'client' in message.fl;

  const isKind = <K extends Message['fl']['kind']>(
    message: Message,
    kind: K,
  ): message is Message<Extract<Message['fl'], { kind: K }>> => message.fl.kind === kind;

  /** Of this federation, of this model, and meant for an aggregator; undefined: an echo of what was sent from here. */
  const addressed = (message: Message, run: string): Message | undefined => {
    const { fl } = message;
    if (fl.kind === 'samples') {
      throw new RefusedError(
        'wrong-kind',
        'Samples came to the aggregator: wire them to fl-client, they never leave it.',
      );
    }
    if (fl.federation !== federation) {
      throw new RefusedError(
        'wrong-federation',
        `A message of the federation "${fl.federation}" came to the aggregator of "${federation}": give both the same name or part their wires.`,
      );
    }
    if (fl.kind === 'model' && fl.personal !== undefined) {
      throw new RefusedError(
        'personal-model',
        `The personal model of "${fl.personal}" came to the aggregator: wire that output to fl-predict, fl-evaluate or fl-export.`,
      );
    }
    if (fl.kind === 'model' || fl.kind === 'statistics-request' || (fl.kind === 'secure' && 'cohort' in fl)) {
      if (isOfRun(fl.attempt, run)) return undefined;
      throw new RefusedError(
        'two-aggregators',
        `Another aggregator serves the federation "${federation}" too: keep one, or give the other another name.`,
      );
    }
    if (fl.kind === 'invite') return undefined;
    if (fl.model !== model.fingerprint && 'client' in fl) {
      throw new RefusedError(
        'wrong-model',
        `"${fl.client}" has another model than this aggregator: choose the same fl-model in both.`,
      );
    }
    return message;
  };

  /** Throws RefusedError. */
  const hear = (message: Message<SecureAnswer>): void => {
    if (secure) secure.receive(message);
    else {
      throw new RefusedError(
        'not-secure',
        `"${message.fl.client}" masks its updates, which is not asked for here: switch secure aggregation on in this aggregator, or take fl-secure-mask away.`,
      );
    }
  };

  /**
   * `scale`: norm of the present model. `takeIn` gets what the reducer will accept; when it throws, that is refused.
   * Never throws. undefined: nothing to do.
   */
  return function receive(
    raw: unknown,
    state: RoundState,
    scale: number,
    takeIn: (material: Material) => void,
  ): Received | undefined {
    let message: Message | undefined;
    try {
      message = addressed(parseMessage(raw), state.run);
      if (message && isAnswer(message)) {
        hear(message);
        return undefined;
      }
    } catch (error) {
      const refused = asRefused(error);
      return { event: { type: 'refused', code: refused.code }, refused };
    }
    if (!message) return undefined;
    if (isKind(message, 'join')) {
      const { client, samples, facts } = message.fl;
      return { event: { type: 'join', client, samples, ...(facts ? { facts } : {}) } };
    }
    if ((isKind(message, 'statistics') || isKind(message, 'decline')) && isBeside(message.fl.attempt)) {
      const known = get(state.clients, message.fl.client);
      if (!isKind(message, 'statistics') || !known || isQuarantined(known)) return undefined;
      if (!census.isOpen(message.fl.attempt)) return undefined;
      try {
        takeIn(statisticsOf(message));
        return undefined;
      } catch (error) {
        const refused = asRefused(error);
        return { event: { type: 'refused', code: refused.code }, refused };
      }
    }
    if (isKind(message, 'decline')) {
      const { client, round, attempt, withheld } = message.fl;
      const event: Told = { type: 'decline', client, round, attempt, ...(sending && withheld ? { withheld } : {}) };
      if (refusalOf(state, event, reach)) return { event };
      secure?.out(attempt, client);
      if (event.withheld === undefined) return { event };
      takeIn({ kind: 'withheld', client, samples: event.withheld, bytes: 0 });
      return { event };
    }
    if (!isKind(message, 'update') && !isKind(message, 'statistics')) return undefined;
    const { client, round, attempt } = message.fl;
    const answer = { client, round, attempt };
    const event: Told = isKind(message, 'update')
      ? { type: 'update', ...answer, claim: claimOf(message.fl.privacy), ...lossOf(message.fl) }
      : { type: 'statistics', ...answer };
    // The reducer will refuse it: no need to decode.
    if (refusalOf(state, event, reach)) return { event };
    try {
      takeIn(isKind(message, 'update') ? updateOf(message, scale, stalenessOf(state, round)) : statisticsOf(message));
      return { event };
    } catch (error) {
      const refused = asRefused(error);
      secure?.out(attempt, client);
      return { event: { type: 'failed', code: refused.code, ...answer }, refused };
    }
  };
}
