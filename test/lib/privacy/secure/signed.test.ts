/** Signed sums: what an aggregator that lies cannot do even when it speaks for clients of its own. */
import assert from 'node:assert/strict';
import { beginMasking, maskingClient } from '../../../../lib/privacy/secure/client';
import { type Identity, signSurvivors } from '../../../../lib/privacy/secure/identity';
import type { Message, SecureRequest } from '../../../../lib/update/message';
import { example } from '../../update/examples';
import { refused } from '../../update/refused';
import { base, cohort, holds, identitiesOf, type Played, play, type Way } from './cohort';

const options = { threshold: 0.5 };
const parts = cohort(7);
const { clients } = parts;
const identities = identitiesOf(clients);

const codesOf = ({ refused: all }: Played): Set<string> => new Set(all.map(({ who, code }) => `${who} ${code}`));

const partsOf = (client: string): { client: string; identity: Identity } => {
  const identity = identities.get(client);
  assert.ok(identity);
  return { client, identity };
};

/** All is masked, nobody is asked who is left. */
const masked = (): Played =>
  play({ ...parts, options, identities, back: (m) => (m.fl.step === 'survivors' ? undefined : m) });

const stateOf = (played: Played, client: string) => {
  const state = played.states.get(client);
  assert.ok(state?.roster);
  return { state, roster: state.roster };
};

describe('a signed secure sum', () => {
  it('is the mean, also without some of each step', () => {
    holds(parts, play({ ...parts, options, identities }), clients);
    const way: Way = (message) =>
      message.fl.step === 'survivors' && message.fl.client === 'plant-2' ? undefined : message;
    const played = play({ ...parts, options, identities, way, silent: ['plant-6'] });
    holds(parts, played, clients.slice(0, 6));
  });

  it('has nobody in it whose key is not trusted, or who speaks for another', () => {
    const strangers = identitiesOf(['plant-3']);
    const stranger = strangers.get('plant-3');
    assert.ok(stranger);
    const played = play({ ...parts, options, identities: new Map(identities).set('plant-3', stranger) });
    assert.equal(played.result, undefined);
    assert.ok(codesOf(played).has('plant-0 secure-keys'));
    const without = new Map(
      [...identities].map(([client, { signer, trust }]) => [
        client,
        { signer, trust: { keys: new Map([...trust.keys].filter(([id]) => id !== 'plant-5')) } },
      ]),
    );
    const unknown = play({ ...parts, options, identities: without });
    assert.equal(unknown.result, undefined);
  });

  it('takes no key of another asking, and none that was changed', () => {
    for (const spoil of [0, 40, 70]) {
      const way: Way = (message) => {
        if (message.fl.step !== 'keys' || message.fl.client !== 'plant-1') return message;
        const payload = Buffer.from(message.payload);
        payload[spoil] ^= 1;
        return { ...message, payload };
      };
      const played = play({ ...parts, options, identities, way });
      assert.ok(codesOf(played).has('plant-0 secure-keys'));
      assert.equal(played.result, undefined);
    }
  });

  it('is opened only when enough of the holders have signed the same list', () => {
    const played = masked();
    const { state, roster } = stateOf(played, 'plant-0');
    const sign = (client: string, list: readonly string[]): Buffer =>
      signSurvivors(partsOf(client).identity.signer, roster, list);
    const ask = (cohort: readonly string[], signers: readonly string[], about = cohort) => {
      const message: Message<SecureRequest> = {
        fl: { kind: 'secure', step: 'unmask', ...base, cohort: [...cohort], members: [...signers] },
        payload: Buffer.concat(signers.map((client) => sign(client, about))),
      };
      const [effect] = maskingClient(partsOf('plant-0'), state, message).effects;
      return effect.type === 'refuse' ? effect.code : effect.type;
    };
    const six = clients.slice(0, 6);
    assert.equal(ask(clients, clients), 'send');
    assert.equal(ask(clients, clients.slice(3)), 'send');
    assert.equal(ask(six, clients.slice(0, 4)), 'send');
    assert.equal(ask(clients, clients.slice(4)), 'secure-keys');
    assert.equal(ask(clients, clients, six), 'secure-keys');
    assert.equal(ask(clients, []), 'secure-keys');
    // One signature does not count for two.
    const [own] = clients;
    const twice: Message<SecureRequest> = {
      fl: { kind: 'secure', step: 'unmask', ...base, cohort: clients, members: clients },
      payload: Buffer.concat(clients.map(() => sign(own, clients))),
    };
    const [effect] = maskingClient(partsOf('plant-0'), state, twice).effects;
    assert.ok(effect.type === 'refuse' && effect.code === 'secure-keys');
  });

  it('has each client sign one list only', () => {
    const played = masked();
    const { state } = stateOf(played, 'plant-0');
    const ask = (from: typeof state, cohort: string[], step: 'survivors' | 'unmask') =>
      maskingClient(partsOf('plant-0'), from, {
        fl: { kind: 'secure', step, ...base, cohort },
        payload: Buffer.alloc(0),
      });
    const first = ask(state, clients, 'survivors');
    assert.equal(first.effects[0]?.type, 'send');
    for (const step of ['survivors', 'unmask'] as const) {
      const [effect] = ask(first.state, clients.slice(0, 6), step).effects;
      assert.ok(effect.type === 'refuse' && effect.code === 'secure-twice');
    }
    assert.deepEqual(ask(first.state, clients, 'survivors').effects, first.effects);
  });

  it('is asked of clients with a key, and those take part in no other', () => {
    const { fl } = example('model');
    const { secure, ...rest } = { ...fl, ...base };
    assert.ok(secure);
    const unsigned = { ...rest, secure: { ...secure, signed: false } };
    refused('secure-keys', () => beginMasking(partsOf('plant-0'), unsigned), /choose signed sums/);
    refused('secure-keys', () => beginMasking({ client: 'plant-0' }, { ...rest, secure }), /private key/);
    refused('header', () => beginMasking({ client: 'plant-0' }, rest));
  });
});
