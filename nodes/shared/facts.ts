/** What a participant has (energy, link, its will), as the flow has told it last: `msg.topic` "facts". */
import type { ClientFacts } from '../../lib/update/message';
import { parseFacts } from '../../lib/update/parse-parts';
import type { FlowMessage } from './red';

export interface ToldFacts {
  /** As createParticipant asks for them. */
  now(): ClientFacts | undefined;
  /** Throws RefusedError when they are none; what was told before stays then. `participant`: absent while there is none. */
  take(msg: FlowMessage, participant?: { factsChanged(): void }): void;
}

export function toldFacts(): ToldFacts {
  let facts: ClientFacts | undefined;
  return {
    now: () => facts,
    take(msg, participant) {
      facts = parseFacts(msg.payload, 'msg.payload');
      participant?.factsChanged();
    },
  };
}
