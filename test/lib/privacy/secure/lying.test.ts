/** What clients give to an aggregator, or let pass of one another, that does not follow the protocol. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { maskingClient } from '../../../../lib/privacy/secure/client';
import type { MaskingState } from '../../../../lib/privacy/secure/client-state';
import { keyBytes, newKeyPair } from '../../../../lib/privacy/secure/keys';
import { maskedUpdate } from '../../../../lib/privacy/secure/masked-update';
import { mayMask, secureServer } from '../../../../lib/privacy/secure/server';
import { recover, type Share } from '../../../../lib/privacy/secure/shamir';
import type { Message, SecureAnswer, SecureRequest } from '../../../../lib/update/message';
import { refused } from '../../update/refused';
import { base, cohort, type Played, play, updateOf, type Way } from './cohort';

const none = Buffer.alloc(0);
const unmaskFor = (clients: readonly string[]): Message<SecureRequest> => ({
  fl: { kind: 'secure', step: 'unmask', ...base, cohort: [...clients] },
  payload: none,
});

const stateOf = ({ states }: Played, client: string): MaskingState => {
  const state = states.get(client);
  assert.ok(state);
  return state;
};

/** All updates are masked, and none is opened: the aggregator can still ask what it likes. */
const masked = (count: number, threshold = 0.5): { parts: ReturnType<typeof cohort>; played: Played } => {
  const parts = cohort(count);
  return {
    parts,
    played: play({ ...parts, options: { threshold }, back: (m) => (m.fl.step === 'unmask' ? undefined : m) }),
  };
};

const ask = (played: Played, client: string, clients: readonly string[]) =>
  maskingClient({ client }, stateOf(played, client), unmaskFor(clients));

describe('an aggregator that lies', () => {
  it('gets one answer of a client: the same again when asked the same, none for other clients', () => {
    const { parts, played } = masked(5);
    const first = ask(played, 'plant-1', parts.clients);
    const [given] = first.effects;
    assert.equal(given.type, 'send');
    const again = maskingClient({ client: 'plant-1' }, first.state, unmaskFor(parts.clients));
    assert.deepEqual(again.effects, first.effects);
    for (const list of [parts.clients.slice(0, 4), [...parts.clients].reverse()]) {
      const { effects, state } = maskingClient({ client: 'plant-1' }, first.state, unmaskFor(list));
      assert.deepEqual(
        effects.map((effect) => (effect.type === 'refuse' ? effect.code : effect.type)),
        ['secure-twice'],
      );
      assert.equal(state, first.state);
    }
  });

  it('gets of each holder one of the two secrets of a client, and so never enough of both', () => {
    const { parts, played } = masked(9);
    const { clients } = parts;
    const [victim, ...others] = clients;
    const without = clients.filter((client) => client !== victim);
    // To half of them it says that the victim is there, to the others that it is not.
    for (let half = 0; half <= others.length; half++) {
      const shares: Record<'seed' | 'mask', Share[]> = { seed: [], mask: [] };
      for (const [i, client] of others.entries()) {
        const said = i < half ? clients : without;
        const [effect] = ask(played, client, said).effects;
        assert.equal(effect.type, 'send');
        if (effect.type !== 'send') continue;
        const position = clients.indexOf(client);
        shares[i < half ? 'seed' : 'mask'].push({ x: position + 1, y: effect.message.payload.subarray(0, keyBytes) });
      }
      const { seed, maskKey } = stateOf(played, victim);
      const hasSeed = recover(shares.seed, 5, (found) => Buffer.from(found).equals(seed)) !== undefined;
      const hasKey = recover(shares.mask, 5, (found) => Buffer.from(found).equals(maskKey.secret)) !== undefined;
      assert.ok(!(hasSeed && hasKey), `${half} of ${others.length}`);
      assert.equal(hasSeed, half >= 5);
      assert.equal(hasKey, others.length - half >= 5);
    }
  });

  it('cannot say that nearly all others have dropped out, to have one update alone', () => {
    const { parts, played } = masked(9);
    for (const left of [['plant-0'], ['plant-0', 'plant-1'], parts.clients.slice(0, 4)]) {
      const [effect] = ask(played, 'plant-0', left).effects;
      assert.ok(effect.type === 'refuse' && effect.code === 'secure-few');
    }
    assert.deepEqual(ask(played, 'plant-0', parts.clients.slice(1)).effects, []);
    const [stranger] = ask(played, 'plant-0', [...parts.clients, 'nobody']).effects;
    assert.ok(stranger.type === 'refuse' && stranger.code === 'secure-step');
  });

  it('gets nothing opened before a client has sent its update', () => {
    const parts = cohort(4);
    const played = play({
      ...parts,
      back: (m, client) => (m.fl.step === 'unmask' || (m.fl.step === 'shares' && client === 'plant-2') ? undefined : m),
    });
    const [effect] = ask(played, 'plant-2', parts.clients).effects;
    assert.ok(effect.type === 'refuse' && effect.code === 'secure-step');
  });

  it('gets one masked update an asking: two under one mask would give their difference', () => {
    const { parts, played } = masked(4);
    const update = updateOf('plant-0', parts.vectors[0], 5);
    refused('masked', () => maskedUpdate(stateOf(played, 'plant-0'), update, parts.vectors[0]));
  });

  it('is found out when it gives a client other keys in the name of its neighbour', () => {
    const parts = cohort(5);
    const back = (message: Message<SecureRequest>, client: string): Message<SecureRequest> => {
      if (message.fl.step !== 'keys' || client !== 'plant-3') return message;
      const payload = Buffer.from(message.payload);
      // Its own key in place of that of plant-1: all that plant-1 shares could be read.
      const known = newKeyPair(randomBytes).publicKey;
      payload.set(known, 64 + 32);
      return { fl: message.fl, payload };
    };
    const played = play({ ...parts, options: { threshold: 0.5 }, back });
    // plant-3 is on another roster than all others: nothing that they seal for each other opens, nor does it mask.
    assert.equal(stateOf(played, 'plant-3').step, 'over');
    assert.ok(played.refused.some(({ who, code }) => who === 'plant-3' && /^secure-(keys|shares)$/.test(code)));
    assert.equal(played.result, undefined);
  });

  it('gets nothing of a client whose own keys it has changed', () => {
    const parts = cohort(4);
    const way: Way = (message) => {
      if (message.fl.step !== 'keys' || message.fl.client !== 'plant-1') return message;
      const payload = Buffer.from(message.payload);
      payload[0] ^= 1;
      return { ...message, payload };
    };
    const played = play({ ...parts, options: { threshold: 0.5 }, way });
    assert.ok(played.refused.some(({ who, code }) => who === 'plant-1' && code === 'secure-keys'));
    assert.deepEqual(played.result?.clients, ['plant-0', 'plant-2', 'plant-3']);
  });

  it('is refused a crowd that is too small, and settings that the others do not have', () => {
    const two = play({ ...cohort(2), least: 2 });
    assert.deepEqual(
      two.refused.map(({ code }) => code),
      ['secure-few', 'secure-few'],
    );
    assert.equal(stateOf(two, 'plant-0').step, 'over');
  });
});

describe('clients that lie', () => {
  const tampered =
    (clients: readonly string[], at: (payload: Buffer) => number, step = 'unmask'): Way =>
    (message) => {
      if (message.fl.step !== step || !clients.includes(message.fl.client)) return message;
      const payload = Buffer.from(message.payload);
      payload[at(payload)] ^= 0x40 + clients.indexOf(message.fl.client);
      return { ...message, payload };
    };
  const options = { threshold: 0.5 };

  it('cannot spoil the sum by wrong shares, as long as enough of them are right', () => {
    const parts = cohort(9);
    const silent = ['plant-8'];
    for (const liars of [['plant-0'], ['plant-0', 'plant-5']]) {
      const honest = play({ ...parts, options, silent });
      const played = play({ ...parts, options, silent, way: tampered(liars, (payload) => payload.length - 1) });
      assert.ok(played.result && honest.result, played.void?.reason);
      for (const [i, value] of played.result.mean.entries()) assert.ok(Math.abs(value - honest.result.mean[i]) < 1e-5);
    }
  });

  it('make the round void, and no wrong sum, when too few are right', () => {
    const parts = cohort(4);
    const liars = ['plant-0', 'plant-1'];
    const played = play({ ...parts, options, way: tampered(liars, () => 3) });
    assert.equal(played.result, undefined);
    assert.equal(played.void?.code, 'secure-shares');
    assert.match(played.void?.reason ?? '', /plant-0.*do not fit/);
  });

  it('are found out by their neighbours when they seal nothing that opens', () => {
    const parts = cohort(5);
    const played = play({ ...parts, options, way: tampered(['plant-2'], () => 40, 'shares') });
    assert.ok(played.refused.some(({ who, code }) => who === 'plant-0' && code === 'secure-shares'));
    assert.ok(!played.result?.clients.includes('plant-0'));
  });

  it('that tell the key of another, the same twice or one of small order are left out, and the others go on', () => {
    const parts = cohort(6);
    let first: Buffer | undefined;
    const way: Way = (message) => {
      if (message.fl.step !== 'keys') return message;
      const { client } = message.fl;
      if (client === 'plant-0') first = message.payload;
      if (client === 'plant-3' && first) return { ...message, payload: first };
      if (client === 'plant-4')
        return {
          ...message,
          payload: Buffer.concat([message.payload.subarray(0, 32), message.payload.subarray(0, 32)]),
        };
      return client === 'plant-5' ? { ...message, payload: Buffer.alloc(64) } : message;
    };
    const played = play({ ...parts, options, way });
    assert.deepEqual(played.result?.clients, ['plant-0', 'plant-1', 'plant-2']);
    const codes = played.refused.filter(({ who }) => who.startsWith('server/'));
    assert.deepEqual(
      codes.map(({ who, code }) => `${who} ${code}`),
      ['server/plant-3 secure-keys', 'server/plant-4 secure-keys', 'server/plant-5 secure-keys'],
    );
  });

  it('are not heard twice, out of turn, in the name of strangers, or in other sizes', () => {
    const { played } = masked(4);
    const { server } = played;
    const answers: Message<SecureAnswer>[] = [
      { fl: { kind: 'secure', step: 'unmask', ...base, round: 9, client: 'plant-0' }, payload: Buffer.alloc(128) },
      { fl: { kind: 'secure', step: 'unmask', ...base, client: 'nobody' }, payload: Buffer.alloc(128) },
      {
        fl: { kind: 'secure', step: 'unmask', ...base, attempt: 'other', client: 'plant-0' },
        payload: Buffer.alloc(128),
      },
    ];
    const open = { ...server, phase: 'unmask' as const };
    for (const message of answers) {
      const { effects, state } = secureServer(open, { type: 'answer', message });
      assert.equal(state, open);
      assert.ok(effects[0]?.type === 'refuse' && effects[0].code === 'secure-step');
    }
    // What only comes too late is nobody's fault.
    const late = { fl: { ...answers[1].fl, step: 'keys' as const, client: 'plant-0' }, payload: Buffer.alloc(64) };
    assert.deepEqual(secureServer(open, { type: 'answer', message: late }), { state: open, effects: [] });
    const short = { fl: { ...answers[1].fl, client: 'plant-0' }, payload: Buffer.alloc(127) };
    const { effects } = secureServer(open, { type: 'answer', message: short });
    assert.ok(effects[0]?.type === 'refuse' && effects[0].code === 'payload-size');
  });

  it('add one masked update each, and none when they have not shared', () => {
    const parts = cohort(4);
    const way: Way = (message) =>
      message.fl.step === 'shares' && message.fl.client === 'plant-3' ? undefined : message;
    const played = play({ ...parts, options, way, back: (m) => (m.fl.step === 'unmask' ? undefined : m) });
    const collecting = { ...played.server, phase: 'updates' as const };
    for (const client of ['plant-0', 'plant-3', 'nobody']) {
      assert.equal(mayMask(collecting, client)?.code, 'secure-step');
    }
  });
});
