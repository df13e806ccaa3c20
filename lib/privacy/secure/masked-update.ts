/** The one update that a client sends in a secure sum, with all its masks on it. */
import { RefusedError } from '../../refused';
import type { Message, UpdateHeader } from '../../update/message';
import { requireWhole } from '../distributed';
import { isAt, type MaskingState } from './client-state';
import { agree } from './keys';
import { applyMask, emptySum, type Mask, ringPayload } from './mask';
import { type FillWords, quantise, weightCode } from './quantise';
import { purposes, type Roster, signOf } from './roster';

export const isReadyToMask = (state: MaskingState): boolean => state.step === 'masks';

/** All masks of this client; each costs an agreement, so they are made one by one. */
function* masksOf({ seed, held, maskKey, position }: MaskingState, { keys, digest }: Roster): Generator<Mask> {
  yield { seed, sign: 1 };
  for (const other of held.keys()) {
    if (other === position) continue;
    const agreed = agree(maskKey, keys[other].mask, digest, purposes.mask(position, other));
    yield { seed: agreed, sign: signOf(position, other) };
  }
}

export interface MaskedUpdate {
  /** Before `work` begins: this asking is used up, whatever becomes of it. */
  state: MaskingState;
  /** Numbers that were outside [-clip, clip], and were cut. */
  clipped: number;
  /** Puts on one mask a step, and returns the message when all are on: never one that lacks a mask. */
  work: Generator<undefined, Message<UpdateHeader>>;
}

/**
 * The update as it may leave: `vector` is all of its numbers, decoded. Only who, for what and how long stays in the header;
 * losses, counts and scores would tell of one client. Throws RefusedError 'masked' a second time: the difference of
 * two updates under one mask is theirs; 'secure-step' before the shares have come or for another asking; 'not-finite'.
 */
export function maskedUpdate(
  state: MaskingState,
  { fl }: Message<UpdateHeader>,
  vector: Float32Array,
  fill?: FillWords,
): MaskedUpdate {
  const { roster, asking } = state;
  const { federation, model, round, attempt, client, tensors, expected, deadlineMs, privacy } = fl;
  if (isAt(state, 'masked', 'unmasked')) {
    throw new RefusedError('masked', `The update of "${client}" in this asking is masked and sent already.`);
  }
  if (!roster || !isReadyToMask(state) || attempt !== asking.attempt || round !== asking.round) {
    throw new RefusedError('secure-step', `The update of "${client}" cannot be masked: it is out of this secure sum.`);
  }
  if (fl.group !== undefined) {
    throw new RefusedError('masked', 'Groups of clients need to see single updates: they cannot be masked.');
  }
  // Of noise in parts each must count alike, and none of it may be cut off.
  const terms = privacy?.mode === 'distributed' ? { ...privacy, clients: privacy.clients ?? 0 } : undefined;
  if (terms) requireWhole(terms, asking.settings, roster.clients.length);
  const { settings } = asking;
  const weight = terms ? settings.range : weightCode(fl.samples, settings);
  const codes = emptySum(vector.length);
  const { clipped } = quantise(vector, { ...settings, unbounded: terms !== undefined }, codes, weight, fill);
  codes[vector.length] = weight;
  const header: UpdateHeader = {
    ...{ kind: 'update', federation, model, round, attempt, client, samples: 1 },
    ...{ codecs: [{ name: 'mask' }], tensors, expected, deadlineMs },
    ...(privacy ? { privacy } : {}),
  };
  function* work(known: Roster): MaskedUpdate['work'] {
    for (const mask of masksOf(state, known)) {
      applyMask(codes, mask);
      yield;
    }
    return { fl: header, payload: ringPayload(codes) };
  }
  const next: MaskingState = { ...state, step: 'masked', ...(terms ? { least: terms.clients } : {}) };
  return { state: next, clipped, work: work(roster) };
}
