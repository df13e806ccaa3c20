/** The words of a client in a secure sum: what it knows, and what it wants done. */
import type { DeclineHeader, Message, SecureAnswer } from '../../update/message';
import type { Identity } from './identity';
import type { KeyPair } from './keys';
import type { Asking, Roster } from './roster';
import type { RandomBytes } from './shamir';

export interface MaskingParts {
  client: string;
  /** Takes part in no sum of fewer; default and least: 3, since of two each knows the other's. */
  minClients?: number;
  /** Signs, and knows the keys of the others: then it takes part in signed sums only. Absent: in none of those. */
  identity?: Identity;
  /** Default: of the operating system. Tests alone give another. */
  random?: RandomBytes;
}

/** What this client holds of another's secrets, or of its own. */
export interface Held {
  mask: Uint8Array;
  seed: Uint8Array;
}

export interface MaskingState {
  asking: Asking;
  /** keys: its own are told; shares: its shares are told; masks: it may mask; masked; unmasked: its shares are given; over. */
  step: 'keys' | 'shares' | 'masks' | 'masked' | 'unmasked' | 'over';
  maskKey: KeyPair;
  shareKey: KeyPair;
  /** Of the mask that is its own. */
  seed: Uint8Array;
  roster?: Roster;
  position: number;
  /** By position: what opens the shares that each neighbour seals for this client. */
  opens: ReadonlyMap<number, Uint8Array>;
  /** By position: of itself and of each neighbour that has shared. */
  held: ReadonlyMap<number, Held>;
  /** Its noise is whole in a sum of so many; absent: it has no part of such a noise. */
  least?: number;
  /** Of whom it has said, or by its shares shown, that they are left: no other list is ever answered. */
  survivors?: readonly string[];
}

export type MaskingEffect =
  | { type: 'send'; message: Message<SecureAnswer | DeclineHeader> }
  /** The update may be masked and sent. */
  | { type: 'ready' }
  | { type: 'refuse'; code: string; message: string };

export interface MaskingStep {
  state: MaskingState;
  effects: MaskingEffect[];
}

export const isAt = (state: MaskingState, ...steps: MaskingState['step'][]): boolean => steps.includes(state.step);
