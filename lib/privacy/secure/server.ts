/**
 * The aggregator's side of a secure sum, for one asking, as a pure reducer: gathers keys, passes on sealed shares, and
 * at the end has the masks opened. It never has both secrets of one client: of those whose update is in the sum it asks
 * for their own mask, of the others for their key.
 */
import { RefusedError } from '../../refused';
import type { Message, SecureAnswer, SecureRequest, SecureStep } from '../../update/message';
import { isUsable, keyBytes, signatureBytes } from './keys';
import { decodeKeys, makeRoster, neededOf, type Roster } from './roster';
import { sealedBytes } from './seal';
import type { Dealt, SecureAsking, ServerEffect, ServerEvent, ServerState, ServerStep } from './server-state';
import { unmask } from './unmask';

const commitmentBytes = 32;
const each = sealedBytes(2 * keyBytes);

const same = (state: ServerState, ...effects: ServerEffect[]): ServerStep => ({ state, effects });

const request = (
  { asking }: ServerState,
  step: SecureStep,
  cohort: readonly string[],
  payload: Buffer,
  members?: string[],
): ServerEffect => {
  const { federation, model, round, attempt } = asking;
  const fl: SecureRequest = {
    ...{ kind: 'secure', step, federation, model, round, attempt, cohort: [...cohort] },
    ...(members ? { members } : {}),
  };
  return { type: 'send', message: { fl, payload } };
};

const namesOf = ({ clients }: Roster, positions: Iterable<number>): string[] =>
  [...positions].sort((a, b) => a - b).map((position) => clients[position]);

const voided = (state: ServerState, reason: string, code = 'secure-few'): ServerStep =>
  same({ ...state, phase: 'over' }, { type: 'void', code, reason });

/** The model is going out: each client answers with its keys. */
export const beginSecure = (asking: SecureAsking): ServerStep => ({
  state: {
    asking,
    phase: 'keys',
    told: new Map(),
    dealt: new Map(),
    masked: new Set(),
    signed: new Map(),
    gone: new Set(),
    given: new Map(),
  },
  effects: [{ type: 'await', step: 'keys' }],
});

/** Those who have told their keys take part; the others are out. */
function endKeys(state: ServerState): ServerStep {
  const { asking, told } = state;
  const clients = asking.cohort.filter((client) => told.has(client));
  if (clients.length < asking.least) {
    return voided(state, `Only ${clients.length} clients told keys for the secure sum, and it needs ${asking.least}.`);
  }
  const payload = Buffer.concat(clients.map((client) => told.get(client) ?? Buffer.alloc(0)));
  try {
    const roster = makeRoster(asking, clients, payload);
    const next: ServerState = { ...state, phase: 'shares', roster };
    return same(next, request(next, 'keys', clients, payload), { type: 'await', step: 'shares' });
  } catch (error) {
    if (error instanceof RefusedError) return voided(state, error.message, error.code);
    throw error;
  }
}

/** Each gets the shares that its neighbours have sealed for it. */
function endShares(state: ServerState, roster: Roster): ServerStep {
  const { asking, dealt } = state;
  const near = (position: number): number[] => roster.graph[position].filter((other) => dealt.has(other));
  const can = [...dealt.keys()].filter((i) => near(i).length + 1 >= neededOf(roster, i, asking.settings));
  if (can.length < asking.least) {
    return voided(
      state,
      `Only ${dealt.size} clients shared secrets for the secure sum, of whom ${can.length} have enough holders of theirs, and it needs ${asking.least}.`,
    );
  }
  const next: ServerState = { ...state, phase: 'updates' };
  const parcels = can.map((position): ServerEffect => {
    const from = near(position);
    const sealed = from.map((other) => dealt.get(other)?.sealed.get(position) ?? Buffer.alloc(each));
    return request(next, 'shares', [roster.clients[position]], Buffer.concat(sealed), namesOf(roster, from));
  });
  const clients = namesOf(roster, can);
  const out = asking.cohort.filter((client) => !clients.includes(client));
  return same(next, ...parcels, { type: 'ready', clients, out });
}

/** Why a masked update of this client cannot be added now; undefined: it can. */
export function mayMask({ phase, roster, dealt, masked }: ServerState, client: string): RefusedError | undefined {
  const position = roster?.clients.indexOf(client) ?? -1;
  if (phase !== 'updates' || !dealt.has(position)) {
    return new RefusedError('secure-step', `The masked update of "${client}" is not of the secure sum under way.`);
  }
  if (!masked.has(position)) return undefined;
  return new RefusedError('secure-step', `The masked update of "${client}" is in the sum already.`);
}

function close(state: ServerState, roster: Roster): ServerStep {
  const { asking, masked, dealt } = state;
  if (masked.size < asking.least) {
    return voided(state, `Only ${masked.size} masked updates came, and the secure sum needs ${asking.least}.`);
  }
  for (const position of dealt.keys()) {
    const staying = roster.holders[position].filter((holder) => masked.has(holder)).length;
    const matters = masked.has(position) || roster.graph[position].some((other) => masked.has(other));
    const needed = neededOf(roster, position, asking.settings);
    if (!matters || staying >= needed) continue;
    const who = roster.clients[position];
    return voided(
      state,
      `Too many have dropped out: ${staying} of those who hold the masks of "${who}" are left, and ${needed} are needed.`,
    );
  }
  if (!asking.settings.signed) return askToOpen(state, roster);
  const next: ServerState = { ...state, phase: 'survivors' };
  const survivors = request(next, 'survivors', namesOf(roster, masked), Buffer.alloc(0));
  return same(next, survivors, { type: 'await', step: 'survivors' });
}

/** To all who are left; with their signatures that they are, where the sum is signed. */
function askToOpen(state: ServerState, roster: Roster): ServerStep {
  const { asking, signed, masked } = state;
  if (asking.settings.signed && signed.size < asking.least) {
    return voided(state, `Only ${signed.size} clients signed who is left, and the secure sum needs ${asking.least}.`);
  }
  const next: ServerState = { ...state, phase: 'unmask' };
  const signers = [...signed.keys()].sort((a, b) => a - b);
  const signatures = Buffer.concat(signers.map((signer) => signed.get(signer) ?? Buffer.alloc(0)));
  const members = signers.length > 0 ? namesOf(roster, signers) : undefined;
  return same(next, request(next, 'unmask', namesOf(roster, masked), signatures, members), {
    type: 'await',
    step: 'unmask',
  });
}

/** With what was given so far; `last`: nothing more comes. */
function tryToOpen(state: ServerState, roster: Roster, last: boolean): ServerStep {
  const found = unmask(state, roster);
  if (found.masks) {
    const clients = namesOf(roster, state.masked);
    return same({ ...state, phase: 'over' }, { type: 'open', clients, masks: found.masks });
  }
  return last ? voided(state, found.reason, found.code) : same(state);
}

const sizeRefusal = (what: string, bytes: number, wanted: number): RefusedError =>
  new RefusedError('payload-size', `In place of the ${wanted} bytes of ${what} there are ${bytes}.`);

function takeKeys(state: ServerState, client: string, payload: Buffer): ServerStep {
  const { settings } = state.asking;
  const { mask, share } = decodeKeys(payload, settings);
  const others = [...state.told.values()].map((told) => decodeKeys(told, settings));
  const isKnown = (key: Buffer): boolean => others.some((other) => other.mask.equals(key) || other.share.equals(key));
  if (isKnown(mask) || isKnown(share) || mask.equals(share) || !isUsable(mask) || !isUsable(share)) {
    throw new RefusedError(
      'secure-keys',
      `The keys of "${client}" are not new ones of its own: it is left out of the secure sum.`,
    );
  }
  return goOn({ ...state, told: new Map(state.told).set(client, payload) });
}

function takeShares(state: ServerState, roster: Roster, position: number, payload: Buffer): ServerStep {
  const neighbours = roster.graph[position];
  const wanted = commitmentBytes + each * neighbours.length;
  if (payload.length !== wanted) throw sizeRefusal('shares', payload.length, wanted);
  const at = (i: number): number => commitmentBytes + each * i;
  const dealt: Dealt = {
    commitment: payload.subarray(0, commitmentBytes),
    sealed: new Map(neighbours.map((to, i) => [to, payload.subarray(at(i), at(i + 1))])),
  };
  return goOn({ ...state, dealt: new Map(state.dealt).set(position, dealt) });
}

function takeSigned(state: ServerState, position: number, payload: Buffer): ServerStep {
  if (payload.length !== signatureBytes) throw sizeRefusal('signature', payload.length, signatureBytes);
  return goOn({ ...state, signed: new Map(state.signed).set(position, payload) });
}

function takeGiven(state: ServerState, roster: Roster, position: number, payload: Buffer): ServerStep {
  const wanted = keyBytes * roster.holders[position].filter((holder) => state.dealt.has(holder)).length;
  if (payload.length !== wanted) throw sizeRefusal('shares', payload.length, wanted);
  return goOn({ ...state, given: new Map(state.given).set(position, payload) });
}

const order: readonly string[] = ['keys', 'shares', 'updates', 'survivors', 'unmask', 'over'];

/** Throws RefusedError for an answer that does not belong here. One that comes too late is nobody's fault. */
function answered(state: ServerState, { fl, payload }: Message<SecureAnswer>): ServerStep {
  const { asking, phase, roster } = state;
  const { client, step } = fl;
  const position = roster?.clients.indexOf(client) ?? -1;
  if (fl.attempt === asking.attempt && fl.round === asking.round && asking.cohort.includes(client)) {
    if (order.includes(step) && order.indexOf(step) < order.indexOf(phase)) return same(state);
    if (step === 'keys' && !state.told.has(client)) return takeKeys(state, client, payload);
    if (roster && position >= 0 && step === phase) {
      if (step === 'shares' && !state.dealt.has(position)) return takeShares(state, roster, position, payload);
      const signs = state.masked.has(position) && !state.signed.has(position);
      if (step === 'survivors' && signs) return takeSigned(state, position, payload);
      const gives = state.masked.has(position) && !state.given.has(position);
      if (step === 'unmask' && gives) return takeGiven(state, roster, position, payload);
    }
  }
  throw new RefusedError(
    'secure-step',
    `An answer "${step}" of "${client}" came that the secure sum has not asked of it.`,
  );
}

/** Goes on when nobody is left to wait for in the step under way. */
function goOn(state: ServerState): ServerStep {
  const { asking, phase, roster, told, dealt, given, masked, gone } = state;
  const clients = roster?.clients ?? [];
  const all = (who: readonly string[], has: (client: string, position: number) => boolean): boolean =>
    who.every((client, position) => has(client, position) || gone.has(client));
  if (phase === 'keys') return all(asking.cohort, (client) => told.has(client)) ? endKeys(state) : same(state);
  if (!roster) return same(state);
  if (phase === 'shares')
    return all(clients, (_, position) => dealt.has(position)) ? endShares(state, roster) : same(state);
  const isOver = (has: ReadonlyMap<number, Buffer>): boolean =>
    all(clients, (_, position) => has.has(position) || !masked.has(position));
  if (phase === 'survivors') return isOver(state.signed) ? askToOpen(state, roster) : same(state);
  if (phase !== 'unmask') return same(state);
  return tryToOpen(
    state,
    roster,
    all(clients, (_, position) => given.has(position) || !masked.has(position)),
  );
}

export function secureServer(state: ServerState, event: ServerEvent): ServerStep {
  const { phase, roster } = state;
  switch (event.type) {
    case 'answer':
      try {
        return answered(state, event.message);
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error;
        const { client } = event.message.fl;
        return same(state, { type: 'refuse', client, code: error.code, message: error.message });
      }
    case 'out':
      return goOn({ ...state, gone: new Set(state.gone).add(event.client) });
    case 'masked': {
      if (!roster || mayMask(state, event.client)) return same(state);
      return same({ ...state, masked: new Set(state.masked).add(roster.clients.indexOf(event.client)) });
    }
    case 'close':
      if (phase === 'over' || phase === 'unmask' || phase === 'survivors') return same(state);
      return roster && phase === 'updates'
        ? close(state, roster)
        : voided(state, 'The clients were not ready to mask in time.');
    case 'timeout':
      if (event.step !== phase) return same(state);
      if (phase === 'keys') return endKeys(state);
      if (!roster) return same(state);
      if (phase === 'shares') return endShares(state, roster);
      return phase === 'survivors' ? askToOpen(state, roster) : tryToOpen(state, roster, true);
  }
}
