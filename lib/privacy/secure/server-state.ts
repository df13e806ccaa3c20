/** The words of the aggregator in a secure sum: what it knows of one asking, what happens, what it wants done. */
import type { Message, SecureAnswer, SecureRequest, SecureStep } from '../../update/message';
import type { Mask } from './mask';
import type { Asking, Roster } from './roster';

export interface SecureAsking extends Asking {
  cohort: readonly string[];
  /** Fewer masked updates are not opened. */
  least: number;
}

/** Of a client's shares: what it says of its own mask, and what is sealed for each other holder, by their position. */
export interface Dealt {
  commitment: Buffer;
  sealed: ReadonlyMap<number, Buffer>;
}

/** In this order; `survivors` only where the sum is signed. */
export type ServerPhase = 'keys' | 'shares' | 'updates' | 'survivors' | 'unmask' | 'over';

export interface ServerState {
  asking: SecureAsking;
  phase: ServerPhase;
  /** Keys as they came, by client. */
  told: ReadonlyMap<string, Buffer>;
  roster?: Roster;
  /** By position: those who have shared. */
  dealt: ReadonlyMap<number, Dealt>;
  /** Positions of those whose masked update is in the sum. */
  masked: ReadonlySet<number>;
  /** By position: who has signed who is left. */
  signed: ReadonlyMap<number, Buffer>;
  /** Who will not answer any more. */
  gone: ReadonlySet<string>;
  /** Positions of those who gave their shares at the end, and what they gave. */
  given: ReadonlyMap<number, Buffer>;
}

export type ServerEvent =
  | { type: 'answer'; message: Message<SecureAnswer> }
  /** A client will not answer any more: it declined, or its update could not be used. */
  | { type: 'out'; client: string }
  /** A masked update was added to the sum. */
  | { type: 'masked'; client: string }
  /** No further updates are waited for: take the masks off. */
  | { type: 'close' }
  /** The time for a step is over. One that is past is ignored. */
  | { type: 'timeout'; step: SecureStep };

export type ServerEffect =
  | { type: 'send'; message: Message<SecureRequest> }
  /** Say 'timeout' when this step has taken long enough. */
  | { type: 'await'; step: SecureStep }
  /** The clients can mask; `out`: those of the cohort who cannot, since they have not answered. */
  | { type: 'ready'; clients: string[]; out: string[] }
  /** Take these masks off the sum, and it is that of these clients. To be gone through once: each is made when asked for. */
  | { type: 'open'; clients: string[]; masks: Iterable<Mask> }
  /** There will be no sum. */
  | { type: 'void'; code: string; reason: string }
  | { type: 'refuse'; client: string; code: string; message: string };

export interface ServerStep {
  state: ServerState;
  effects: ServerEffect[];
}
