/** The toy federation with a masker beside each client, on whose wires a test can stand. */
import { createMasker, type MaskerEvent, type ParticipantParts } from '../../../../lib/federation';
import type { Identity } from '../../../../lib/privacy/secure';
import type { RefusedError } from '../../../../lib/refused';
import type { FederationHeader, Message } from '../../../../lib/update/message';
import { type Toy, type ToyWish, toyFederation } from '../toy';

/** Above all that the toy's clients make. */
export const secure = { clip: 32, maxSamples: 100, threshold: 0.5 };

export interface MaskedToy extends Toy {
  /** What the maskers refused and told. */
  complaints: RefusedError[];
  events: MaskerEvent[];
  /** What reached the aggregator. */
  up: Message<FederationHeader>[];
  /** Pulls the wires of a client: nothing gets to it or away from it. */
  cut(client: string): void;
  /** Its masker is started anew: all that it held is gone. */
  restart(client: string): void;
}

export interface MaskedWish extends Omit<ToyWish, 'up' | 'clients'> {
  clients: string[];
  /** The keys of those who sign. */
  identities?: ReadonlyMap<string, Identity>;
  /** What a client is made of, where it is something else. */
  who?(client: string): Partial<ParticipantParts>;
  /** Changes what a client says, before its masker hears it. */
  made?(message: Message<FederationHeader>): Message<FederationHeader>;
  /** Changes or drops what a client says to the aggregator, and what the aggregator says to a client. */
  up?(message: Message<FederationHeader>, client: string): unknown;
  down?(message: Message<FederationHeader>, client: string): unknown;
}

export async function maskedToy({
  clients,
  identities,
  who,
  made,
  up,
  down,
  options,
  parts,
}: MaskedWish): Promise<MaskedToy> {
  const toy = await toyFederation({
    options: { minClients: clients.length, quorum: 3, secure, ...options },
    ...(parts ? { parts } : {}),
  });
  const complaints: RefusedError[] = [];
  const events: MaskerEvent[] = [];
  const heard: Message<FederationHeader>[] = [];
  const isCut = new Set<string>();
  const maskers = new Map<string, ReturnType<typeof createMasker>>();
  const start = (client: string): void => {
    maskers.get(client)?.close();
    const identity = identities?.get(client);
    const masker = createMasker({
      ...(identity ? { identity } : {}),
      statistics: 'pass',
      clock: toy.clock,
      send: (message) => {
        if (isCut.has(client)) return;
        const changed = up ? up(message, client) : message;
        if (changed === undefined) return;
        heard.push(changed as Message<FederationHeader>);
        setImmediate(() => toy.coordinator.receive(changed));
      },
      onEvent: (event) => events.push(event),
      onRefused: (refused) => complaints.push(refused),
    });
    maskers.set(client, masker);
  };
  const hear = (client: string, message: unknown): void => {
    try {
      maskers.get(client)?.receive(message);
    } catch (error) {
      complaints.push(error as RefusedError);
    }
  };
  for (const client of clients) {
    start(client);
    const participant = toy.add(client, {
      send: (message) => hear(client, made ? made(message) : message),
      ...who?.(client),
    });
    // One wire from the aggregator to both.
    toy.participants.set(client, {
      ...participant,
      receive(message) {
        if (isCut.has(client)) return;
        const changed = down ? down(message as Message<FederationHeader>, client) : message;
        if (changed === undefined) return;
        participant.receive(changed);
        hear(client, changed);
      },
    });
    participant.samplesChanged();
  }
  return {
    ...toy,
    ...{ complaints, events, up: heard, cut: (client: string) => isCut.add(client), restart: start },
    // A sum that waits for shares is being saved all the while.
    async settle() {
      for (let quiet = 0, before = 0; quiet < 30; quiet++) {
        await new Promise((resolve) => setImmediate(resolve));
        const said = toy.sent.length + heard.length + toy.metrics.length;
        if (said !== before) quiet = 0;
        before = said;
      }
    },
  };
}
