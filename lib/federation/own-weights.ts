/** A vector that a client keeps for itself from round to round, beside what the federation learns: over restarts too. */
import type { Found, StateRecord } from '../state/store';
import { readVector, vectorPayload } from '../update/vector';

/**
 * As it stood before the last round and after it: a round that is asked again starts from where it started, so that a kill at
 * any instant changes no bit.
 */
export interface OwnState {
  round: number;
  before?: Float32Array;
  after?: Float32Array;
}

export interface OwnParts {
  /** What was kept of an earlier run. */
  state?: OwnState;
  /** Keeps it through restarts; undefined: forgets it. */
  save?(state: OwnState | undefined): Promise<void>;
  /** The federation has begun anew, and the vector with it. */
  onAnew(): void;
  onNotKept(reason: string): void;
}

export interface OwnWeights {
  readonly state: OwnState | undefined;
  /** What this round starts with; undefined: nothing is there yet. */
  startOf(round: number): Float32Array | undefined;
  /** Resolves when it is written, or could not be. */
  keep(next: OwnState | undefined): Promise<void>;
}

export function ownWeights(parts: OwnParts): OwnWeights {
  let { state } = parts;
  return {
    get state() {
      return state;
    },
    startOf(round) {
      if (!state) return undefined;
      if (round === state.round) return state.before;
      if (round > state.round) return state.after;
      state = undefined;
      parts.onAnew();
      return undefined;
    },
    async keep(next) {
      state = next;
      try {
        await parts.save?.(next);
      } catch (error) {
        parts.onNotKept(error instanceof Error ? error.message : String(error));
      }
    },
  };
}

/** `kind` names what its numbers mean: under another kind they are of no use. `told`: what else the record says. */
export const encodeOwn = (
  { round, before, after }: OwnState,
  kind: string,
  told: Record<string, string> = {},
): StateRecord => ({
  json: { round, kind, ...told },
  parts: {
    ...(before ? { before: vectorPayload(before) } : {}),
    ...(after ? { after: vectorPayload(after) } : {}),
  },
});

export type KeptOwn = { state?: OwnState; notice?: string };

export interface OwnWish {
  kind: string;
  size: number;
  /** What to say of a record of another kind, and of one that cannot be read. */
  otherKind(json: Record<string, unknown>): string;
  unreadable: string;
}

/** What was kept, or a sentence that says why it cannot be used any more. */
export function decodeOwn(found: Found | undefined, { kind, size, otherKind, unreadable }: OwnWish): KeptOwn {
  if (!found) return {};
  const json = Object(found.json) as Record<string, unknown>;
  if (json.kind !== kind) return { notice: otherKind(json) };
  const vectorOf = (bytes: Uint8Array | undefined): Float32Array | undefined => {
    if (!bytes) return undefined;
    const vector = new Float32Array(new SharedArrayBuffer(4 * size));
    vector.set(readVector(Buffer.from(bytes), size));
    return vector;
  };
  try {
    const state: OwnState = {
      round: Number.isInteger(json.round) ? Number(json.round) : 0,
      before: vectorOf(found.parts.before),
      after: vectorOf(found.parts.after),
    };
    const isSound = [state.before, state.after].every((vector) => vector?.every(Number.isFinite) ?? true);
    if (isSound) return { state, ...(found.fallback ? { notice: found.fallback } : {}) };
  } catch {
    // Told below, with the numbers that are not finite.
  }
  return { notice: unreadable };
}
