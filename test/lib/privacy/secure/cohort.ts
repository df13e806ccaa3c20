/** A secure sum played through in one process: every message is passed by hand, so a test may lose or change any. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { slack } from '../../../../lib/privacy/distributed';
import { beginMasking, maskingClient } from '../../../../lib/privacy/secure/client';
import type { MaskingEffect, MaskingParts, MaskingState } from '../../../../lib/privacy/secure/client-state';
import type { Identity } from '../../../../lib/privacy/secure/identity';
import { addMasked, applyMask, emptySum } from '../../../../lib/privacy/secure/mask';
import { maskedUpdate } from '../../../../lib/privacy/secure/masked-update';
import { meanOfSum } from '../../../../lib/privacy/secure/mean';
import { beginSecure, mayMask, secureServer } from '../../../../lib/privacy/secure/server';
import type { SecureAsking, ServerEffect, ServerEvent, ServerState } from '../../../../lib/privacy/secure/server-state';
import { type SecureOptions, secureSettings } from '../../../../lib/privacy/secure/settings';
import type { RandomBytes } from '../../../../lib/privacy/secure/shamir';
import { generator } from '../../../../lib/random/generator';
import type { Message, PrivacyClaim, SecureAnswer, SecureRequest, UpdateHeader } from '../../../../lib/update/message';
import { vectorPayload } from '../../../../lib/update/vector';
import { generateKeys, importPrivateKey, trustList } from '../../../../lib/update/wire/keys';
import { example, fingerprint } from '../../update/examples';

/** The same bytes for the same words. */
export function seededBytes(...words: (string | number)[]): RandomBytes {
  let block = 0;
  return (count) => {
    const made = Buffer.alloc(32 * Math.ceil(count / 32));
    for (let at = 0; at < count; at += 32) {
      createHash('sha256')
        .update(JSON.stringify([words, block++]))
        .digest()
        .copy(made, at);
    }
    return made.subarray(0, count);
  };
}

export const base = { federation: 'factory', model: fingerprint, round: 3, attempt: 'k3x9.2' };

/** What happens to an answer on its way to the aggregator: undefined: it is lost. */
export type Way = (message: Message<SecureAnswer>) => Message<SecureAnswer> | undefined;

export interface Play {
  clients: string[];
  vectors: Float32Array[];
  samples: number[];
  options?: Partial<SecureOptions>;
  least?: number;
  /** What all updates say that fl-dp-noise has done to them. */
  privacy?: PrivacyClaim;
  /** Each counts alike. */
  uniform?: boolean;
  /** The keys of some; then the sum is signed. */
  identities?: ReadonlyMap<string, Identity>;
  way?: Way;
  /** What comes of a message to a client; undefined: it is lost. */
  back?(message: Message<SecureRequest>, client: string): Message<SecureRequest> | undefined;
  /** Whose masked update is lost. */
  silent?: readonly string[];
  /** Seen by whoever looks at the wire. */
  watch?(message: Message): void;
}

export interface Played {
  result?: { mean: Float32Array; samples: number; clients: string[] };
  void?: { code: string; reason: string };
  ready?: { clients: string[]; out: string[] };
  refused: { who: string; code: string }[];
  states: Map<string, MaskingState>;
  payloads: Map<string, Buffer>;
  server: ServerState;
}

export const updateOf = (client: string, vector: Float32Array, samples: number): Message<UpdateHeader> => {
  const { privacy: _, group: __, ...fl } = example('update').fl;
  return { fl: { ...fl, ...base, client, samples, tensors: [[vector.length, 1]] }, payload: vectorPayload(vector) };
};

export function finish(work: Generator<undefined, Message<UpdateHeader>>): Message<UpdateHeader> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

export function play(parts: Play): Played {
  const { clients, vectors, samples, way = (message) => message, back = (message) => message } = parts;
  const settings = secureSettings(
    { clip: 1, maxSamples: 1000, signed: parts.identities !== undefined, ...parts.options },
    clients.length,
    parts.uniform ? 'uniform' : 'samples',
  );
  const asking: SecureAsking = { ...base, settings, cohort: clients, least: parts.least ?? 3 };
  const partsOf = (client: string): MaskingParts => {
    const identity = parts.identities?.get(client);
    return { client, ...(identity ? { identity } : {}) };
  };
  const states = new Map<string, MaskingState>();
  const played: Played = { refused: [], states, payloads: new Map(), server: beginSecure(asking).state };
  const sum = emptySum(vectors[0].length);
  const queue: Message<SecureAnswer | SecureRequest>[] = [];

  const tell = (event: ServerEvent): void => {
    const { state, effects } = secureServer(played.server, event);
    played.server = state;
    for (const effect of effects) serve(effect);
  };
  const serve = (effect: ServerEffect): void => {
    if (effect.type === 'send') queue.push(effect.message);
    else if (effect.type === 'ready') played.ready = effect;
    else if (effect.type === 'void') played.void = effect;
    else if (effect.type === 'refuse') played.refused.push({ who: `server/${effect.client}`, code: effect.code });
    else if (effect.type === 'open') {
      for (const mask of effect.masks) applyMask(sum, mask);
      played.result = {
        ...meanOfSum(sum, settings, effect.clients.length, parts.privacy ? slack : 0),
        clients: effect.clients,
      };
    }
  };
  const act = (client: string, effects: readonly MaskingEffect[]): void => {
    for (const effect of effects) {
      if (effect.type === 'refuse') played.refused.push({ who: client, code: effect.code });
      if (effect.type !== 'send') continue;
      const { message } = effect;
      if (message.fl.kind === 'secure') queue.push(message as Message<SecureAnswer>);
      else tell({ type: 'out', client });
    }
  };
  const isRequest = (message: Message<SecureAnswer | SecureRequest>): message is Message<SecureRequest> =>
    'cohort' in message.fl;
  const pump = (): void => {
    for (let message = queue.shift(); message; message = queue.shift()) {
      parts.watch?.(message);
      if (!isRequest(message)) {
        const arrived = way(message as Message<SecureAnswer>);
        if (arrived) tell({ type: 'answer', message: arrived });
        continue;
      }
      for (const client of clients) {
        const state = states.get(client);
        const arrived = back(message, client);
        if (!state || !arrived) continue;
        const step = maskingClient(partsOf(client), state, arrived);
        states.set(client, step.state);
        act(client, step.effects);
      }
    }
  };

  const { fl } = example('model');
  for (const client of clients) {
    const { state, effects } = beginMasking(partsOf(client), { ...fl, ...base, cohort: clients, secure: settings });
    states.set(client, state);
    act(client, effects);
  }
  pump();
  tell({ type: 'timeout', step: 'keys' });
  pump();
  tell({ type: 'timeout', step: 'shares' });
  pump();
  for (const [i, client] of clients.entries()) {
    const state = states.get(client);
    if (state?.step !== 'masks') continue;
    const update = updateOf(client, vectors[i], samples[i]);
    const { privacy } = parts;
    const masked = maskedUpdate(state, { ...update, fl: { ...update.fl, ...(privacy && { privacy }) } }, vectors[i]);
    states.set(client, masked.state);
    const message = finish(masked.work);
    played.payloads.set(client, message.payload);
    parts.watch?.(message);
    if (parts.silent?.includes(client)) continue;
    assert.equal(mayMask(played.server, client), undefined);
    addMasked(sum, message.payload);
    tell({ type: 'masked', client });
  }
  tell({ type: 'close' });
  pump();
  tell({ type: 'timeout', step: 'survivors' });
  pump();
  tell({ type: 'timeout', step: 'unmask' });
  return played;
}

export const cohort = (count: number, size = 40, seed = 1): Pick<Play, 'clients' | 'vectors' | 'samples'> => {
  const random = generator(seed, 'secure cohort', count);
  return {
    clients: Array.from({ length: count }, (_, i) => `plant-${i}`),
    vectors: Array.from({ length: count }, () => Float32Array.from({ length: size }, () => 0.3 * random.normal())),
    samples: Array.from({ length: count }, () => 1 + random.below(1500)),
  };
};

/** The mean in float64 of those who are in it. */
export function meanOf(
  parts: Pick<Play, 'clients' | 'vectors' | 'samples'>,
  among: readonly string[],
  most = 1000,
): number[] {
  const total = new Float64Array(parts.vectors[0].length);
  let weight = 0;
  for (const [i, client] of parts.clients.entries()) {
    if (!among.includes(client)) continue;
    const part = Math.min(parts.samples[i], most);
    weight += part;
    for (const [j, value] of parts.vectors[i].entries()) total[j] += part * Math.min(1, Math.max(-1, value));
  }
  return [...total].map((value) => value / weight);
}

/** Each number errs by at most one code of each client: n · 2 clip / range over the sum of weights. */
export function holds(
  parts: Pick<Play, 'clients' | 'vectors' | 'samples'>,
  { result, void: none }: Played,
  among: string[],
): void {
  assert.ok(result, `${none?.code}: ${none?.reason}`);
  assert.deepEqual(result.clients, among);
  const weight = among.reduce((sum, client) => sum + Math.min(1000, parts.samples[parts.clients.indexOf(client)]), 0);
  const range = Math.min(2 ** 24, 2 * Math.floor(2 ** 30 / parts.clients.length));
  const bound = (among.length * 2) / range / (weight / 1000) + 1e-6;
  const expected = meanOf(parts, among);
  for (const [i, value] of result.mean.entries()) {
    assert.ok(Math.abs(value - expected[i]) <= bound, `number ${i}: ${value}, not ${expected[i]}`);
  }
  assert.ok(Math.abs(result.samples - weight) <= 1, `${result.samples} samples, not ${weight}`);
}

/** A key for each, and everybody trusts all of them. */
export function identitiesOf(clients: readonly string[]): Map<string, Identity> {
  const pairs = clients.map((id) => ({ id, ...generateKeys() }));
  const trust = trustList(
    pairs.map(({ id, publicKey }): [string, string] => [id, publicKey]),
    'aggregator',
  );
  return new Map(
    pairs.map(({ id, privateKey }) => [id, { signer: { id, privateKey: importPrivateKey(privateKey) }, trust }]),
  );
}
