/**
 * A client's side of a secure sum, for one asking: keys, shares, the masked update, and at the end the shares that take
 * the masks off the sum. All of it is in memory: who restarts has lost its keys and counts as dropped out, so
 * nothing can be opened twice. An aggregator that does not follow the protocol gets no answer.
 */
import { randomBytes } from 'node:crypto';
import { RefusedError } from '../../refused';
import type { DeclineHeader, Message, ModelHeader, SecureAnswer, SecureRequest } from '../../update/message';
import type { Held, MaskingEffect, MaskingParts, MaskingState, MaskingStep } from './client-state';
import { isAt } from './client-state';
import { agreeing, requireSigned, signKeys, signSurvivors } from './identity';
import { derive, keyBytes, newKeyPair, sharedSecret } from './keys';
import { commitment, encodeKeys, makeRoster, neededOf, purposes, type Roster } from './roster';
import { seal, sealedBytes, unseal } from './seal';
import { split } from './shamir';

const leastClients = 3;
const plainBytes = 2 * keyBytes;
const few = (message: string): RefusedError => new RefusedError('secure-few', message);

const headerOf = ({ asking }: Pick<MaskingState, 'asking'>, client: string) => {
  const { federation, model, round, attempt } = asking;
  return { federation, model, round, attempt, client };
};

const answer = (
  state: MaskingState,
  { client }: MaskingParts,
  step: SecureAnswer['step'],
  payload: Buffer,
): MaskingEffect => ({
  type: 'send',
  message: { fl: { kind: 'secure', step, ...headerOf(state, client) }, payload },
});

/**
 * A fresh start: the model has come, with `secure` in its header. Throws RefusedError: 'header' when it has none,
 * 'secure-keys' when one of the two wants signatures and the other does not.
 */
export function beginMasking(parts: MaskingParts, header: ModelHeader): MaskingStep {
  const { federation, model, round, attempt, secure: settings } = header;
  if (!settings) {
    throw new RefusedError('header', 'msg.fl.secure is missing: set secure aggregation in fl-aggregator too.');
  }
  const { client, identity, random = randomBytes } = parts;
  if (settings.signed && !identity) {
    throw new RefusedError(
      'secure-keys',
      `This secure sum is signed: give "${client}" its private key and the list of trusted public keys.`,
    );
  }
  if (identity && identity.signer.id !== client) {
    throw new RefusedError(
      'secure-keys',
      `"${client}" cannot sign with the key of "${identity.signer.id}": give each client an fl-secure-mask with a key of its own.`,
    );
  }
  if (identity && !settings.signed) {
    throw new RefusedError(
      'secure-keys',
      `The aggregator wants a secure sum without signatures of "${client}", which has a key: choose signed sums in fl-aggregator.`,
    );
  }
  const asking = { federation, model, round, attempt, settings };
  const state: MaskingState = {
    asking,
    step: 'keys',
    maskKey: newKeyPair(random),
    shareKey: newKeyPair(random),
    seed: Uint8Array.from(random(keyBytes)),
    position: -1,
    opens: new Map(),
    held: new Map(),
  };
  const keys = encodeKeys({ mask: state.maskKey.publicKey, share: state.shareKey.publicKey });
  const signature = identity ? [signKeys(identity.signer, asking, client, keys)] : [];
  return { state, effects: [answer(state, parts, 'keys', Buffer.concat([keys, ...signature]))] };
}

/** All keys are there: shares of both secrets for each neighbour. */
function shareOut(state: MaskingState, parts: MaskingParts, { fl, payload }: Message<SecureRequest>): MaskingStep {
  const { asking, maskKey, shareKey, seed } = state;
  const least = Math.max(leastClients, parts.minClients ?? leastClients);
  if (fl.cohort.length < least) {
    throw few(`Only ${fl.cohort.length} clients are in this secure sum, and this one takes part from ${least} on.`);
  }
  const position = fl.cohort.indexOf(parts.client);
  if (position < 0) {
    throw new RefusedError('secure-out', 'The secure sum goes on without this client: its keys came too late.');
  }
  const roster = makeRoster(asking, fl.cohort, payload);
  const own = roster.keys[position];
  if (!own.mask.equals(maskKey.publicKey) || !own.share.equals(shareKey.publicKey)) {
    throw new RefusedError('secure-keys', 'The keys of this client are not as it has told them: no shares are given.');
  }
  if (parts.identity) requireSigned(parts.identity, asking, roster);
  const holders = roster.holders[position];
  const needed = neededOf(roster, position, asking.settings);
  const random = parts.random ?? randomBytes;
  const [ofMask, ofSeed] = [maskKey.secret, seed].map((secret) => split(secret, needed, holders.length, random));
  const held = new Map<number, Held>();
  const opens = new Map<number, Uint8Array>();
  const sealed = holders.map((to, i): Buffer => {
    if (to === position) {
      held.set(position, { mask: ofMask[i].y, seed: ofSeed[i].y });
      return Buffer.alloc(0);
    }
    const secret = sharedSecret(shareKey, roster.keys[to].share);
    opens.set(to, derive(secret, roster.digest, purposes.share(to, position)));
    const key = derive(secret, roster.digest, purposes.share(position, to));
    return seal(Buffer.concat([ofMask[i].y, ofSeed[i].y]), key);
  });
  const next: MaskingState = { ...state, step: 'shares', roster, position, opens, held };
  const told = Buffer.concat([commitment(seed, roster.digest), ...sealed]);
  return { state: next, effects: [answer(next, parts, 'shares', told)] };
}

/** The shares of the neighbours: with each that has shared there is a mask. */
function takeShares(state: MaskingState, roster: Roster, { fl, payload }: Message<SecureRequest>): MaskingStep {
  const { position } = state;
  const members = (fl.members ?? []).map((client) => roster.clients.indexOf(client));
  const neighbours = roster.graph[position];
  const ascending = members.every((member, i) => i === 0 || members[i - 1] < member);
  if (!ascending || !members.every((member) => neighbours.includes(member))) {
    throw new RefusedError('secure-shares', 'Shares came of clients that are no neighbours, or not in their order.');
  }
  const each = sealedBytes(plainBytes);
  if (payload.length !== each * members.length) {
    throw new RefusedError(
      'payload-size',
      `The shares of ${members.length} clients have ${each * members.length} bytes.`,
    );
  }
  const needed = neededOf(roster, position, state.asking.settings);
  if (members.length + 1 < needed) {
    throw few(`Only ${members.length + 1} of those who hold its secrets are left, and ${needed} are needed.`);
  }
  const held = new Map(state.held);
  for (const [i, from] of members.entries()) {
    const key = state.opens.get(from);
    const plain = key && unseal(payload.subarray(each * i, each * (i + 1)), key);
    if (!plain) {
      throw new RefusedError(
        'secure-shares',
        `The shares of "${roster.clients[from]}" cannot be opened: they were changed, or the two were told different things.`,
      );
    }
    held.set(from, { mask: plain.subarray(0, keyBytes), seed: plain.subarray(keyBytes) });
  }
  return { state: { ...state, step: 'masks', held }, effects: [{ type: 'ready' }] };
}

const alike = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((client, i) => client === b[i]);

/**
 * Those who are left, once and for all: for any other list it would give both secrets of somebody. Throws RefusedError
 * 'secure-twice' for a second list, 'secure-few' when so few are left that one of them could be read.
 */
function settle(state: MaskingState, parts: MaskingParts, roster: Roster, cohort: readonly string[]): MaskingState {
  if (state.survivors && !alike(state.survivors, cohort)) {
    throw new RefusedError(
      'secure-twice',
      'The aggregator asks once more to open the masks, for other clients: that would show it a single update.',
    );
  }
  const left = new Set(cohort.map((client) => roster.clients.indexOf(client)));
  if (left.has(-1)) throw new RefusedError('secure-step', 'Masks of a sum were to be opened with strangers in it.');
  const needed = neededOf(roster, state.position, state.asking.settings);
  const staying = [...state.held.keys()].filter((holder) => left.has(holder)).length;
  const least = Math.max(leastClients, parts.minClients ?? leastClients, state.least ?? 0);
  if (staying < needed || cohort.length < least) {
    throw few(
      `Only ${cohort.length} clients are left, ${staying} of them near: the sum of so few is not opened (${least}, and ${needed} near).`,
    );
  }
  return { ...state, survivors: [...cohort] };
}

/** Signs who is left: what it opens is that, and nothing else. */
function sayWhoIsLeft(
  state: MaskingState,
  parts: MaskingParts,
  roster: Roster,
  { cohort }: SecureRequest,
): MaskingStep {
  const { identity } = parts;
  if (!identity) throw new RefusedError('secure-step', 'This secure sum is not signed.');
  const next = settle(state, parts, roster, cohort);
  return { state: next, effects: [answer(next, parts, 'survivors', signSurvivors(identity.signer, roster, cohort))] };
}

/** Of those who are left the share of their own mask, of all others that of their key. */
function open(state: MaskingState, parts: MaskingParts, roster: Roster, message: Message<SecureRequest>): MaskingStep {
  const { cohort, members = [] } = message.fl;
  const next: MaskingState = { ...settle(state, parts, roster, cohort), step: 'unmasked' };
  if (parts.identity) {
    const agreed = agreeing(parts.identity, roster, cohort, members, message.payload);
    const near = roster.holders[state.position].filter((holder) => agreed.has(holder)).length;
    const needed = neededOf(roster, state.position, state.asking.settings);
    if (near < needed) {
      throw new RefusedError(
        'secure-keys',
        `Only ${near} of those who hold its secrets have signed who is left, and ${needed} are needed: others may have been told otherwise.`,
      );
    }
  }
  const holders = [...state.held.keys()].sort((a, b) => a - b);
  const shares = holders.map((holder) => {
    const of = state.held.get(holder);
    return (cohort.includes(roster.clients[holder]) ? of?.seed : of?.mask) ?? new Uint8Array(keyBytes);
  });
  return { state: next, effects: [answer(next, parts, 'unmask', Buffer.concat(shares))] };
}

/** What an aggregator's message of this asking does; a message out of its turn changes nothing. */
function received(parts: MaskingParts, state: MaskingState, message: Message<SecureRequest>): MaskingStep {
  const { fl } = message;
  const { roster } = state;
  if (fl.step === 'keys' && isAt(state, 'keys')) return shareOut(state, parts, message);
  if (roster && fl.step === 'shares' && isAt(state, 'shares')) return takeShares(state, roster, message);
  if (fl.step === 'survivors' || fl.step === 'unmask') {
    // Its update came too late, or not at all: what its neighbours hold of it takes its masks off.
    if (!fl.cohort.includes(parts.client) && !state.survivors) {
      return { state: { ...state, step: 'over' }, effects: [] };
    }
    if (roster && isAt(state, 'masked', 'unmasked')) {
      return fl.step === 'unmask' ? open(state, parts, roster, message) : sayWhoIsLeft(state, parts, roster, fl);
    }
  }
  throw new RefusedError(
    'secure-step',
    `The aggregator asks for "${fl.step}" where this client is at "${state.step}": a repeated or forged message.`,
  );
}

/**
 * Goes on with the sum that `state` is of. What is refused is told as an effect. Before its update is masked the client then
 * declines, and is out of this sum; later it only stays silent.
 */
export function maskingClient(parts: MaskingParts, state: MaskingState, message: Message<SecureRequest>): MaskingStep {
  const { asking } = state;
  const { fl } = message;
  const same = fl.attempt === asking.attempt && fl.round === asking.round && fl.federation === asking.federation;
  if (!same || fl.model !== asking.model || isAt(state, 'over')) return { state, effects: [] };
  // Shares for others pass by where all share one wire.
  if (fl.step === 'shares' && !fl.cohort.includes(parts.client)) return { state, effects: [] };
  try {
    return received(parts, state, message);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    const refused: MaskingEffect = { type: 'refuse', code: error.code, message: error.message };
    if (error.code === 'secure-step' || !isAt(state, 'keys', 'shares')) return { state, effects: [refused] };
    const decline: Message<DeclineHeader> = {
      fl: { kind: 'decline', ...headerOf(state, parts.client), reason: error.message.slice(0, 300) },
      payload: Buffer.alloc(0),
    };
    return { state: { ...state, step: 'over' }, effects: [refused, { type: 'send', message: decline }] };
  }
}
