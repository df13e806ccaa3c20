/**
 * The aggregator's side of secure aggregation, for one asking after the other: carries out what the server of the protocol
 * wants (lib/privacy/secure), adds the masked updates up as they come, and opens their sum when the round closes.
 */
import { slack } from '../../privacy/distributed';
import {
  addMasked,
  applyMask,
  beginSecure,
  emptySum,
  type Mask,
  mayMask,
  meanOfSum,
  type SecureOptions,
  type ServerEffect,
  type ServerEvent,
  type ServerState,
  secureServer,
  secureSettings,
} from '../../privacy/secure';
import { RefusedError } from '../../refused';
import type { Message, PrivacyClaim, SecureAnswer, SecureHeader, SecureSettings } from '../../update/message';
import { claimOf, type RoundAggregate } from '../aggregation';
import { isOfSameRun } from '../attempt';
import type { Clock } from '../clock';
import type { FederatedModel } from '../federated-model';
import type { FederationOptions } from '../options';
import type { UpdateFacts } from '../strategies/strategy';
import { countsAlike } from './options';
import { sumAggregate } from './sum-aggregate';
import { createTurns } from './turns';

export interface SecureParts {
  federation: string;
  model: FederatedModel;
  options: FederationOptions;
  clock: Clock;
  send(message: Message<SecureHeader>): void;
  /** Runs in the federation's own order. */
  inOrder(task: () => void): void;
  /** Something came that cannot be used. */
  onRefused(refused: RefusedError): void;
  /** These are there, but cannot have a part in it. */
  onOut(asking: { attempt: string; round: number }, clients: string[]): void;
  /** The asking cannot come to anything: `silent` have not said a word in it. */
  onVoid(attempt: string, reason: string, silent: string[]): void;
}

export interface SecureAskings {
  /** Begins an asking; what the clients must know of it. undefined: such a cohort cannot be asked, the asking is void. */
  begin(asked: { round: number; attempt: string; cohort: readonly string[] }): SecureSettings | undefined;
  /** A message of the protocol. */
  receive(message: Message<SecureAnswer>): void;
  /** Adds a masked update to the sum of the asking under way. Throws RefusedError when it cannot. */
  add(facts: UpdateFacts, payload: Buffer, privacy?: PrivacyClaim): void;
  /** Opens the sum of the asking under way. `clients`: in the registry. Rejects with RefusedError when too few help. */
  open(clients: number): Promise<RoundAggregate>;
  /** A client of this asking will not answer any more. */
  out(attempt: string, client: string): void;
  /** The asking under way is over; one that is being opened goes on. */
  clear(): void;
  /** Ends all of them. */
  end(): void;
}

/** The set-up has two steps, and the end has two: each has its part of the round's deadline. */
const STEPS = 4;

interface Asking {
  attempt: string;
  round: number;
  cohort: readonly string[];
  settings: SecureSettings;
  server: ServerState;
  sum: Uint32Array;
  updates: UpdateFacts[];
  privacy?: PrivacyClaim;
  heard: Set<string>;
  timers: Set<() => void>;
  /** While it is being opened. */
  opening?: { done(masks: Iterable<Mask>): void; failed(reason: RefusedError): void };
}

function* unmasking(sum: Uint32Array, masks: Iterable<Mask>): Generator<void, void> {
  for (const mask of masks) {
    applyMask(sum, mask);
    yield;
  }
}

/** undefined: the updates are not to be masked. */
export const secureAskings = (parts: SecureParts): SecureAskings | undefined =>
  parts.options.secure && createAskings(parts, parts.options.secure);

function createAskings(parts: SecureParts, secure: SecureOptions): SecureAskings {
  const { federation, model, options, clock, inOrder } = parts;
  const { size } = model.layout;
  const weights = countsAlike(options) ? 'uniform' : 'samples';
  /** By attempt: the one under way, and those that are being opened. */
  const askings = new Map<string, Asking>();
  let current: Asking | undefined;
  let latest = '';

  const finish = (asking: Asking): void => {
    askings.delete(asking.attempt);
    for (const cancel of asking.timers) cancel();
    asking.timers.clear();
    if (current === asking) current = undefined;
  };

  const perform = (asking: Asking, effect: ServerEffect): void => {
    switch (effect.type) {
      case 'send':
        parts.send(effect.message);
        return;
      case 'await': {
        const { step } = effect;
        const cancel = clock.after(Math.ceil(options.deadlineMs / STEPS), () => {
          asking.timers.delete(cancel);
          inOrder(() => {
            if (askings.get(asking.attempt) === asking) advance(asking, { type: 'timeout', step });
          });
        });
        asking.timers.add(cancel);
        return;
      }
      case 'open':
        finish(asking);
        asking.opening?.done(effect.masks);
        return;
      case 'void': {
        finish(asking);
        const { code, reason } = effect;
        const { attempt, cohort, heard, opening } = asking;
        const silent = cohort.filter((client) => !heard.has(client));
        if (opening) opening.failed(new RefusedError(code, reason));
        else inOrder(() => parts.onVoid(attempt, reason, silent));
        return;
      }
      case 'refuse': {
        const { code, message } = effect;
        inOrder(() => parts.onRefused(new RefusedError(code, message)));
        return;
      }
      case 'ready': {
        const { attempt, round, heard } = asking;
        // Who is silent may have gone, and the round waits for it as ever; the others are there, and too late.
        const out = effect.out.filter((client) => heard.has(client));
        inOrder(() => parts.onOut({ attempt, round }, out));
        return;
      }
    }
  };

  const advance = (asking: Asking, event: ServerEvent): void => {
    const { state, effects } = secureServer(asking.server, event);
    asking.server = state;
    for (const effect of effects) perform(asking, effect);
  };

  const late = ({ client, step }: SecureAnswer): RefusedError =>
    new RefusedError(
      'late',
      `What "${client}" says for the masks (${step}) is of an asking that is over: give the round a longer deadline.`,
    );

  return {
    begin({ round, attempt, cohort }) {
      if (current) finish(current);
      let settings: SecureSettings;
      try {
        settings = secureSettings(secure, cohort.length, weights);
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error;
        inOrder(() => parts.onVoid(attempt, error.message, []));
        return undefined;
      }
      const began = beginSecure({
        ...{ federation, model: model.fingerprint, round, attempt, settings },
        cohort: [...cohort],
        least: options.quorum,
      });
      const asking: Asking = {
        ...{ attempt, round, cohort, settings, server: began.state, sum: emptySum(size) },
        ...{ updates: [], heard: new Set<string>(), timers: new Set<() => void>() },
      };
      current = asking;
      latest = attempt;
      askings.set(attempt, asking);
      for (const effect of began.effects) perform(asking, effect);
      return settings;
    },

    receive(message) {
      const { fl } = message;
      const asking = askings.get(fl.attempt);
      if (!asking) {
        // Who is slower than the others were needed for says nothing new.
        if (isOfSameRun(fl.attempt, latest)) return;
        throw late(fl);
      }
      asking.heard.add(fl.client);
      advance(asking, { type: 'answer', message });
    },

    add(facts, payload, privacy) {
      const { client } = facts;
      if (!current) throw new RefusedError('late', `The masked update of "${client}" is of an asking that is over.`);
      const refusal = mayMask(current.server, client);
      if (refusal) throw new RefusedError(refusal.code, refusal.message);
      const { updates } = current;
      if (updates.length > 0 && claimOf(privacy) !== claimOf(current.privacy)) {
        throw new RefusedError(
          'privacy-mismatch',
          `The masked update of "${client}" states another privacy than the others, and nobody could part them again: set all fl-dp-noise nodes alike.`,
        );
      }
      addMasked(current.sum, payload);
      updates.push(facts);
      if (privacy && !(current.privacy && current.privacy.epsilon >= privacy.epsilon)) current.privacy = privacy;
      advance(current, { type: 'masked', client });
    },

    async open(clients) {
      const asking = current;
      if (!asking) throw new RefusedError('secure-few', 'No masked update came in this round.');
      current = undefined;
      const least = asking.privacy?.clients ?? 0;
      if (asking.updates.length < least) {
        finish(asking);
        throw new RefusedError(
          'secure-few',
          `Only ${asking.updates.length} masked updates came, and their noise is whole in the sum of ${least}: ask more, or set fewer clients in fl-dp-noise.`,
        );
      }
      const masks = await new Promise<Iterable<Mask>>((done, failed) => {
        asking.opening = { done, failed };
        advance(asking, { type: 'close' });
      });
      const { sum, settings, updates, cohort, privacy } = asking;
      await createTurns().run(unmasking(sum, masks));
      const { mean, samples } = meanOfSum(sum, settings, updates.length, least > 0 ? slack : 0);
      const counted = settings.maxSamples !== undefined && least === 0;
      return sumAggregate(
        { mean, weight: counted ? samples : updates.length },
        [...updates].sort((a, b) => (a.client < b.client ? -1 : 1)),
        { clients, counted, privacy, dropped: cohort.length - updates.length },
      );
    },

    out(attempt, client) {
      const asking = askings.get(attempt);
      if (asking) advance(asking, { type: 'out', client });
    },

    clear() {
      if (current) finish(current);
    },

    end() {
      for (const asking of [...askings.values()]) {
        finish(asking);
        asking.opening?.failed(new RefusedError('secure-ended', 'The aggregator was closed while it opened the sum.'));
      }
    },
  };
}
