/**
 * Stands between clients and the aggregator, hears both, and lets updates out masked only: sets the masks up while the
 * clients train, holds an update until its masks are there, and at the end says what opens the sum. It fails closed: an update
 * that cannot be masked stays, and the aggregator is told so. Keys are in memory alone; after a restart a client is one of those that
 * dropped out.
 */
import {
  beginMasking,
  type Identity,
  isReadyToMask,
  type MaskingEffect,
  type MaskingState,
  maskedUpdate,
  maskingClient,
} from '../../privacy/secure';
import { RefusedError } from '../../refused';
import { decodeAll } from '../../update/codecs/registry';
import { limits } from '../../update/limits';
import type {
  DeclineHeader,
  FederationHeader,
  Header,
  Message,
  ModelHeader,
  SecureRequest,
  UpdateHeader,
} from '../../update/message';
import { parseMessage } from '../../update/validate';
import { allFinite } from '../../update/vector';
import { isOlder } from '../attempt';
import { type Clock, systemClock } from '../clock';
import { createTurns, type Turns } from './turns';

export type MaskerEvent = { federation: string; client: string; round: number } & (
  | { event: 'agreeing' }
  /** `clients`: whose updates are added up, if all come; `clippedShare`: of the numbers, those that were beyond the clip. */
  | { event: 'masked'; clients: number; clippedShare: number }
  /** It has helped to open the sum of so many. */
  | { event: 'opened'; clients: number }
  | { event: 'left-out'; reason: string }
);

export interface MaskerParts<C> {
  /** A client takes part in no sum of fewer; default 3. */
  minClients?: number;
  /** Of the one client that it stands beside, which then takes part in signed sums only; absent: in none of those. */
  identity?: Identity;
  /** What becomes of statistics, which no mask hides. */
  statistics: 'refuse' | 'pass';
  clock?: Clock;
  /** Shared with the other maskers of a process; default: its own. */
  turns?: Turns;
  /** To the aggregator. `carried`: what came with the message that this one is made of. */
  send(message: Message<FederationHeader>, carried?: C): void;
  onEvent?(event: MaskerEvent): void;
  /** Whatever was refused while nobody waited for it. */
  onRefused?(refused: RefusedError, carried?: C): void;
}

export interface Masker<C> {
  /** Anything that came in. Throws RefusedError for what is of no use. */
  receive(message: unknown, carried?: C): void;
  close(): void;
}

/** Clients that may speak through one. */
const MOST_CLIENTS = 1000;
/** An update may be here before the model that asks for it, which comes another way, in ms. */
const EARLY_MS = 5000;

interface Held<C> {
  message: Message<UpdateHeader>;
  carried?: C;
}

/** What a client was asked last. */
interface Session<C> {
  attempt: string;
  /** undefined: without masks. */
  masking?: MaskingState;
  waiting?: Held<C>;
  /** Why it has no part in this sum; it has said so. */
  refused?: string;
}

interface Early<C> extends Held<C> {
  cancel(): void;
}

const isKind = <K extends Header['kind']>(
  message: Message,
  kind: K,
): message is Message<Extract<Header, { kind: K }>> => message.fl.kind === kind;
const asRefused = (error: unknown): RefusedError =>
  error instanceof RefusedError ? error : new RefusedError('internal', String(error));
const isRequest = (message: Message): message is Message<SecureRequest> =>
  message.fl.kind === 'secure' && !('client' in message.fl);
const isOver = ({ step }: MaskingState): boolean => step === 'over';
const isDone = ({ step }: MaskingState): boolean => step === 'masked' || step === 'unmasked';
const rosterSize = ({ roster }: MaskingState): number => roster?.clients.length ?? 0;
const nameOf = ({ federation, client }: { federation: string; client: string }): string =>
  JSON.stringify([federation, client]);

export function createMasker<C>(parts: MaskerParts<C>): Masker<C> {
  const { minClients, identity, clock = systemClock, turns = createTurns() } = parts;
  const clients = new Map<string, { federation: string; client: string }>();
  const sessions = new Map<string, Session<C>>();
  const early = new Map<string, Early<C>>();
  /** The newest asking of each federation. */
  const newest = new Map<string, string>();

  const learn = (who: { federation: string; client: string }): string => {
    const name = nameOf(who);
    if (clients.has(name)) return name;
    if (clients.size >= MOST_CLIENTS) {
      throw new RefusedError(
        'too-many-clients',
        `One fl-secure-mask serves at most ${MOST_CLIENTS} clients: give "${who.client}" another.`,
      );
    }
    const { federation, client } = who;
    clients.set(name, { federation, client });
    return name;
  };

  /** The update stays, and the aggregator need not wait for it. */
  const withhold = ({ message, carried }: Held<C>, reason: string): void => {
    const { federation, model, round, attempt, client } = message.fl;
    const fl: DeclineHeader = {
      ...{ kind: 'decline', federation, model, round, attempt, client },
      reason: reason.slice(0, limits.reason),
    };
    parts.send({ fl, payload: Buffer.alloc(0) }, carried);
    parts.onEvent?.({ event: 'left-out', federation, client, round, reason });
  };

  /** Masks and sends, in turns. Throws RefusedError; then it is withheld. */
  const release = (session: Session<C>, masking: MaskingState, held: Held<C>): void => {
    const { fl, payload } = held.message;
    const failed = (error: unknown): void => {
      // The masked one has gone already: what is wrong is the second.
      if (error instanceof RefusedError && error.code !== 'masked') withhold(held, error.message);
    };
    try {
      const vector = decodeAll(payload, fl.codecs, fl.tensors);
      if (!allFinite(vector)) {
        throw new RefusedError('not-finite', `The update of "${fl.client}" is not finite: lower the learning rate.`);
      }
      const { state, clipped, work } = maskedUpdate(masking, held.message, vector);
      session.masking = state;
      const { federation, client, round } = fl;
      const clippedShare = clipped / vector.length;
      turns.run(work).then(
        (message) => {
          // Asked anew meanwhile, or closed.
          if (sessions.get(nameOf(fl)) !== session) return;
          // A filter before wants to be told what counted.
          const told = fl.remembers ? { ...message.fl, remembers: true } : message.fl;
          parts.send({ ...message, fl: told }, held.carried);
          parts.onEvent?.({ event: 'masked', federation, client, round, clients: rosterSize(state), clippedShare });
        },
        (error: unknown) => {
          failed(error);
          parts.onRefused?.(asRefused(error), held.carried);
        },
      );
    } catch (error) {
      failed(error);
      throw error;
    }
  };

  const perform = (session: Session<C>, effects: readonly MaskingEffect[]): void => {
    for (const effect of effects) {
      if (effect.type === 'send') {
        const { fl } = effect.message;
        parts.send(effect.message);
        if (fl.kind !== 'decline') continue;
        const { federation, client, round, reason } = fl;
        delete session.waiting;
        parts.onEvent?.({ event: 'left-out', federation, client, round, reason });
      } else if (effect.type === 'refuse') {
        parts.onRefused?.(new RefusedError(effect.code, effect.message));
      } else if (session.masking && session.waiting) {
        const { waiting } = session;
        delete session.waiting;
        try {
          release(session, session.masking, waiting);
        } catch (error) {
          if (!(error instanceof RefusedError)) throw error;
          parts.onRefused?.(error, waiting.carried);
        }
      }
    }
  };

  /** Tells its keys, or that it takes no part in such a sum. */
  const begin = (session: Session<C>, client: string, fl: ModelHeader): void => {
    const { federation, model, round, attempt } = fl;
    try {
      const { state, effects } = beginMasking({ client, minClients, identity }, fl);
      session.masking = state;
      parts.onEvent?.({ event: 'agreeing', federation, client, round });
      perform(session, effects);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      const reason = error.message.slice(0, limits.reason);
      session.refused = reason;
      parts.onRefused?.(error);
      parts.send({
        fl: { kind: 'decline', federation, model, round, attempt, client, reason },
        payload: Buffer.alloc(0),
      });
      parts.onEvent?.({ event: 'left-out', federation, client, round, reason });
    }
  };

  const asked = ({ fl }: Message<ModelHeader>): void => {
    const { federation, attempt, cohort } = fl;
    if (cohort.length === 0 || fl.personal !== undefined) return;
    const before = newest.get(federation);
    if (before !== undefined && isOlder(attempt, before)) return;
    newest.set(federation, attempt);
    for (const [name, who] of clients) {
      const { client } = who;
      if (who.federation !== federation || (cohort !== 'all' && !cohort.includes(client))) continue;
      if (sessions.get(name)?.attempt === attempt) continue;
      const session: Session<C> = { attempt };
      sessions.set(name, session);
      if (fl.secure) begin(session, client, fl);
    }
    for (const [name, held] of early) {
      if (held.message.fl.federation !== federation) continue;
      held.cancel();
      early.delete(name);
      if (held.message.fl.attempt !== attempt) continue;
      try {
        update(held.message, held.carried);
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error;
        parts.onRefused?.(error, held.carried);
      }
    }
  };

  /** One client after the other: agreeing with many others takes each some milliseconds. */
  function* going(message: Message<SecureRequest>): Generator<void, void> {
    const { federation, attempt, step, cohort, round } = message.fl;
    for (const [name, who] of clients) {
      const session = sessions.get(name);
      if (who.federation !== federation || session?.attempt !== attempt || !session.masking) continue;
      const { client } = who;
      const { state, effects } = maskingClient({ client, minClients, identity }, session.masking, message);
      session.masking = state;
      perform(session, effects);
      if (step === 'unmask' && effects.some(({ type }) => type === 'send')) {
        parts.onEvent?.({ event: 'opened', federation, client, round, clients: cohort.length });
      }
      yield;
    }
  }

  const goOn = (message: Message<SecureRequest>): void => {
    turns.run(going(message)).catch((error: unknown) => parts.onRefused?.(asRefused(error)));
  };

  const update = (message: Message<UpdateHeader>, carried?: C): void => {
    const { fl } = message;
    const name = learn(fl);
    const held: Held<C> = { message, ...(carried === undefined ? {} : { carried }) };
    const session = sessions.get(name);
    if (session?.attempt === fl.attempt) {
      if (session.refused !== undefined) return;
      if (!session.masking) {
        const reason =
          'fl-secure-mask lets no update out without a mask, and none is asked for: switch secure aggregation on in fl-aggregator.';
        withhold(held, reason);
        throw new RefusedError('not-secure', reason);
      }
      if (isReadyToMask(session.masking) || isDone(session.masking)) release(session, session.masking, held);
      else if (!isOver(session.masking)) session.waiting = held;
      return;
    }
    if (newest.get(fl.federation) === fl.attempt) {
      withhold(
        held,
        'fl-secure-mask did not know this client when the round began: it takes part from the next one on.',
      );
      return;
    }
    early.get(name)?.cancel();
    const cancel = clock.after(EARLY_MS, () => {
      early.delete(name);
      const reason =
        'fl-secure-mask has not heard that this update was asked for: wire what comes from the aggregator to it too.';
      withhold(held, reason);
      parts.onRefused?.(new RefusedError('no-asking', reason), carried);
    });
    early.set(name, { ...held, cancel });
  };

  const take = (message: Message, carried?: C): void => {
    if (isKind(message, 'update')) update(message, carried);
    else if (isKind(message, 'model')) asked(message);
    else if (isRequest(message)) goOn(message);
    else if (isKind(message, 'join') || isKind(message, 'decline')) {
      learn(message.fl);
      parts.send(message, carried);
    } else if (isKind(message, 'statistics')) {
      learn(message.fl);
      if (parts.statistics === 'refuse') {
        throw new RefusedError(
          'statistics',
          'The statistics of one client would leave as they are, since masks hide updates alone: choose fixed means and deviations in fl-model, or let them out knowingly in fl-secure-mask.',
        );
      }
      parts.send(message, carried);
    } else if (isKind(message, 'samples')) {
      throw new RefusedError(
        'samples-stay',
        'Samples came to fl-secure-mask: wire them to fl-client, they never leave it.',
      );
    }
    // What the aggregator says to the clients alone, and what others answer it, passes by.
  };

  return {
    receive(message, carried) {
      take(parseMessage(message), carried);
    },
    close() {
      for (const { cancel } of early.values()) cancel();
      early.clear();
      sessions.clear();
    },
  };
}
